/** How charts are drawn, as an address has it. */

export interface ChartsView {
  /** Over what; the step unless it says. */
  x?: "time" | "relative_time";
  smooth?: number;
  log?: true;
  /** The part of x that is shown. */
  range?: [number, number];
}

/** An address as a view of charts; what makes no sense in it is left out. */
export function readChartsView(search: Record<string, unknown>): ChartsView {
  const { x, smooth, log, range } = search;
  const view: ChartsView = {};
  if (x === "time" || x === "relative_time") view.x = x;
  if (typeof smooth === "number" && smooth > 0 && smooth <= 0.99) view.smooth = smooth;
  if (log === true) view.log = true;
  if (Array.isArray(range) && range.length === 2 && range.every(Number.isFinite)) {
    view.range = [Number(range[0]), Number(range[1])];
  }
  return view;
}
