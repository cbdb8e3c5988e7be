/** Whether more or less of a metric is better: guessed from its name, unless somebody said. */

import { useMemo } from "react";
import { remembered } from "./remembered";
import { useShared } from "./store";

export type Direction = "min" | "max";

const LESS = /loss|error|rmse|mae|mse|perplexity|ppl|latency|time|seconds|duration|bytes/i;

export function guessedDirection(metric: string): Direction {
  return LESS.test(metric) && !/neg/i.test(metric) ? "min" : "max";
}

export interface Directions {
  of: (metric: string) => Direction;
  set: (metric: string, direction: Direction) => void;
}

/** What is better in an experiment; what somebody says is kept in this browser. */
export function useDirections(experimentId: string): Directions {
  const said = remembered<Record<string, Direction>>(`better.${experimentId}`, {});
  const known = useShared(said);
  return useMemo(
    () => ({
      of: (metric) => known[metric] ?? guessedDirection(metric),
      set: (metric, direction) => said.set({ ...said.get(), [metric]: direction }),
    }),
    [said, known],
  );
}
