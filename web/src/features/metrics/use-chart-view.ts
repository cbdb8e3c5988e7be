import { useMemo } from "react";
import type { ChartsView } from "@/lib/chart-view";
import type { ChartView } from "./use-chart";

/** What an address says of charts with what it leaves open; the same object while that is the same. */
export function useChartView({ x, range, smooth, log }: ChartsView): ChartView {
  const [from, to] = range ?? [];
  return useMemo(
    () => ({
      axis: x ?? "step",
      range: from === undefined || to === undefined ? null : [from, to],
      smooth: smooth ?? 0,
      isLog: log ?? false,
    }),
    [x, from, to, smooth, log],
  );
}
