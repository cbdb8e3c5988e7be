import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { drawChart, type Series } from "./draw-chart";

const WIDTH_PX = 84;
const MOST_KEYS = 500;
// Of more, the others are looked at one by one, among the charts.
const MOST_ASKED = 2_000;

/** Every metric of a run as a small line, with its least and greatest value. */
export const sparksQuery = (runId: string, keys: string[], isRunning: boolean) =>
  queryOptions({
    queryKey: ["sparks", runId, keys],
    queryFn: async ({ signal }) => {
      const found = new Map<string, Series>();
      for (let from = 0; from < Math.min(keys.length, MOST_ASKED); from += MOST_KEYS) {
        const { series } = await drawChart(
          {
            runIds: [runId],
            keys: keys.slice(from, from + MOST_KEYS),
            axis: "step",
            range: null,
            width: WIDTH_PX,
          },
          signal,
        );
        for (const one of series) found.set(one.key, one);
      }
      return found;
    },
    enabled: keys.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: isRunning ? 5_000 : false,
    staleTime: 5_000,
  });
