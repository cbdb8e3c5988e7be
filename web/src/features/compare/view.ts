/** What of a comparison is in its address. */

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
  };
}
