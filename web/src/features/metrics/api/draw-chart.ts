import { postForColumns } from "@/lib/http";

export type Axis = "step" | "time" | "relative_time";

export interface ChartQuestion {
  runIds: string[];
  keys: string[];
  axis: Axis;
  range: [number, number] | null;
  width: number;
}

/** One metric of one run as it is to be drawn. */
export interface Series {
  runId: string;
  key: string;
  /** How many points it has in the range; fewer are here. */
  points: number;
  min: number;
  max: number;
  last: number;
  lastX: number;
  x: Float64Array;
  y: Float64Array;
}

export interface Chart {
  series: Series[];
  /** Where the points that come after these begin. */
  cursor: string;
}

const MOST_SERIES = 1000;
const num = (value: unknown) =>
  value === null || value === undefined ? Number.NaN : Number(value);

/** Series as they are to be drawn at a width in pixels: every spike is in them. */
export async function drawChart(asked: ChartQuestion, signal?: AbortSignal): Promise<Chart> {
  const { table, headers } = await postForColumns(
    "api/v1/charts",
    {
      run_ids: asked.runIds.slice(0, MOST_SERIES),
      keys: asked.keys,
      x: asked.axis,
      x_min: asked.range ? Math.floor(asked.range[0]) : null,
      x_max: asked.range ? Math.ceil(asked.range[1]) : null,
      width: Math.min(Math.max(Math.round(asked.width), 1), 16_384),
    },
    signal,
  );
  const { header } = table;
  const x = table.doubles(header.columns.x);
  const y = table.doubles(header.columns.value);
  const series: Series[] = [];
  for (const told of header.series) {
    if (told.missing || !told.length) continue;
    series.push({
      runId: told.run_id,
      key: told.key,
      points: told.points,
      min: num(told.min),
      max: num(told.max),
      last: num(told.last?.value),
      lastX: num(told.last?.x),
      x: x.subarray(told.start, told.start + told.length),
      y: y.subarray(told.start, told.start + told.length),
    });
  }
  return { series, cursor: headers.get("Millpond-Cursor") ?? "" };
}
