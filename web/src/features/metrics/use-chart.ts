import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { PlotLine } from "@/lib/lines";
import { smoothed } from "@/lib/smoothing";
import { type Axis, type Chart, drawChart, type Series } from "./api/draw-chart";
import { followSeries, type NewPoints } from "./api/follow-series";

export interface ChartView {
  axis: Axis;
  range: [number, number] | null;
  smooth: number;
  isLog: boolean;
}

interface Asked {
  runIds: string[];
  /** Those of them that are running, with when they started. */
  running: Map<string, number>;
  metric: string;
  view: ChartView;
  width: number;
  isVisible: boolean;
}

/** Series of one metric: drawn by the server, and new points of running runs as they come. */
export function useChart({ runIds, running, metric, view, width, isVisible }: Asked) {
  const client = useQueryClient();
  const { axis, range } = view;
  const key = ["chart", metric, axis, range, width, runIds];
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => drawChart({ runIds, keys: [metric], axis, range, width }, signal),
    enabled: isVisible && runIds.length > 0 && width > 0,
    placeholderData: keepPreviousData,
    staleTime: running.size ? 10_000 : 60_000,
    gcTime: 60_000,
  });
  const chart = query.data;
  const followed = useMemo(() => runIds.filter((id) => running.has(id)).join(), [runIds, running]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the cursor says which chart it is
  useEffect(() => {
    if (!isVisible || !followed || !chart?.cursor || query.isPlaceholderData || range) return;
    const ids = followed.split(",");
    return followSeries(
      ids,
      [metric],
      chart.cursor,
      (news) =>
        client.setQueryData<Chart>(key, (before) =>
          before ? withNews(before, news, axis, running) : before,
        ),
      () => void client.invalidateQueries({ queryKey: key }),
    );
  }, [isVisible, followed, metric, query.isPlaceholderData, range, axis, query.isSuccess]);
  return query;
}

/** A chart with the points that came behind it. Drawn points are not asked for again. */
export function withNews(
  chart: Chart,
  news: NewPoints[],
  axis: Axis,
  started: ReadonlyMap<string, number>,
): Chart {
  const series = [...chart.series];
  for (const found of news) {
    const x = found.steps.map((step, i) => {
      if (axis === "step") return step;
      return found.timestamps[i]! - (axis === "time" ? 0 : (started.get(found.run_id) ?? 0));
    });
    const y = found.values.map(Number);
    const place = series.findIndex((one) => one.runId === found.run_id && one.key === found.key);
    const before = series[place];
    const next = appended(before ?? emptySeries(found.run_id, found.key), x, y);
    if (place < 0) series.push(next);
    else series[place] = next;
  }
  return { ...chart, series };
}

function emptySeries(runId: string, key: string): Series {
  const none = new Float64Array();
  const no = Number.NaN;
  return { runId, key, points: 0, min: no, max: no, last: no, lastX: no, x: none, y: none };
}

function appended(series: Series, x: number[], y: number[]): Series {
  const order = x.map((_, i) => i).sort((one, other) => x[one]! - x[other]!);
  const isBehind = !(x[order[0]!]! < series.lastX);
  let xs = Float64Array.of(...series.x, ...order.map((i) => x[i]!));
  let ys = Float64Array.of(...series.y, ...order.map((i) => y[i]!));
  if (!isBehind) {
    const all = Array.from(xs, (_, i) => i).sort((one, other) => xs[one]! - xs[other]!);
    [xs, ys] = [Float64Array.from(all, (i) => xs[i]!), Float64Array.from(all, (i) => ys[i]!)];
  }
  const finite = y.filter(Number.isFinite);
  return {
    ...series,
    points: series.points + y.length,
    min: Math.min(...finite, Number.isNaN(series.min) ? Infinity : series.min),
    max: Math.max(...finite, Number.isNaN(series.max) ? -Infinity : series.max),
    last: ys.at(-1)!,
    lastX: xs.at(-1)!,
    x: xs,
    y: ys,
  };
}

/** Series as lines: coloured, named and smoothed. */
export function linesOf(
  series: Series[],
  colors: ReadonlyMap<string, string>,
  label: (series: Series) => string,
  smooth: number,
): PlotLine[] {
  let low = Infinity;
  let high = -Infinity;
  for (const { x } of series) {
    if (x.length) {
      low = Math.min(low, x[0]!);
      high = Math.max(high, x[x.length - 1]!);
    }
  }
  return series.map((one) => ({
    id: one.runId,
    color: colors.get(one.runId) ?? "#0072b2",
    label: label(one),
    x: one.x,
    y: one.y,
    smooth: smooth > 0 && one.x.length > 2 ? smoothed(one.x, one.y, smooth, high - low) : undefined,
  }));
}
