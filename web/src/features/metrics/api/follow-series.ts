import { address } from "@/lib/http";

export interface NewPoints {
  run_id: string;
  key: string;
  steps: number[];
  timestamps: number[];
  values: (number | string)[];
}

const MOST_FOLLOWED = 40;

/**
 * New points of series as they are committed. The browser itself goes on where it was cut off; on
 * `onReset` what is new is not known any more, and the chart has to be asked for again.
 */
export function followSeries(
  runIds: string[],
  keys: string[],
  cursor: string,
  onPoints: (series: NewPoints[]) => void,
  onReset: () => void,
): () => void {
  const source = new EventSource(
    address("api/v1/charts/live", { run_id: runIds.slice(0, MOST_FOLLOWED), key: keys, cursor }),
  );
  source.addEventListener("points", (event) => {
    onPoints((JSON.parse((event as MessageEvent<string>).data) as { series: NewPoints[] }).series);
  });
  source.addEventListener("reset", () => {
    source.close();
    onReset();
  });
  return () => source.close();
}
