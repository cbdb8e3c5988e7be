/** What of a comparison is in its address. */

import { type ChartsView, readChartsView } from "@/lib/chart-view";

export const VIEWS = [
  "parallel",
  "scatter",
  "contour",
  "box",
  "curves",
  "table",
  "artifacts",
] as const;
export type CompareTab = (typeof VIEWS)[number];

export interface CompareView {
  runs: string[];
  experiments: string[];
  view?: CompareTab;
  /** Columns on the parallel axes. */
  axes?: string[];
  x?: string;
  y?: string;
  z?: string;
  all?: boolean;
  file?: string;
  /** Parts of axes, 0 to 1, that runs are kept in, by column. */
  brushes?: Record<string, [number, number]>;
  /** How the curves are drawn, and which cards are pinned. */
  curves?: CurvesView;
}

export interface CurvesView extends ChartsView {
  charts?: string[];
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)];
const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

export function readCompareView(search: Record<string, unknown>): CompareView {
  return {
    runs: texts(search.runs),
    experiments: texts(search.experiments),
    view: VIEWS.find((one) => one === search.view),
    axes: search.axes === undefined ? undefined : texts(search.axes),
    x: text(search.x),
    y: text(search.y),
    z: text(search.z),
    all: search.all === true ? true : undefined,
    file: text(search.file),
    brushes: brushesIn(search.brushes),
    curves: curvesIn(search.curves),
  };
}

function curvesIn(value: unknown): CurvesView | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const search = value as Record<string, unknown>;
  const view: CurvesView = readChartsView(search);
  if (search.charts !== undefined) view.charts = texts(search.charts);
  return Object.keys(view).length ? view : undefined;
}

function brushesIn(value: unknown): CompareView["brushes"] {
  if (typeof value !== "object" || value === null) return undefined;
  const found = Object.entries(value).filter(
    ([, part]) => Array.isArray(part) && part.length === 2 && part.every(Number.isFinite),
  );
  return found.length ? Object.fromEntries(found) : undefined;
}
