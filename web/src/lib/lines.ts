/** Lines to draw, and which of them is near a place. */

export interface PlotLine {
  id: string;
  color: string;
  label: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** What is drawn strong, where the line itself stands faint behind. */
  smooth?: Float64Array;
}

/** The place in ascending x that is nearest to a value; -1 if there is none. */
export function nearest(x: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = x.length - 1;
  if (high < 0) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low > 0 && value - x[low - 1]! <= x[low]! - value ? low - 1 : low;
}

export interface Extent {
  xMin: number;
  xMax: number;
  yMin: number;
  yMax: number;
}

/** What part of the plane the lines take; on a log axis only what is above 0. */
export function extentOf(
  lines: PlotLine[],
  isLog: boolean,
  range: [number, number] | null,
): Extent {
  const found: Extent = { xMin: Infinity, xMax: -Infinity, yMin: Infinity, yMax: -Infinity };
  for (const { x, y } of lines) {
    for (let i = 0; i < x.length; i++) {
      const at = x[i]!;
      const value = y[i]!;
      if (at < found.xMin) found.xMin = at;
      if (at > found.xMax) found.xMax = at;
      if (!Number.isFinite(value) || (isLog && value <= 0)) continue;
      if (range && (at < range[0] || at > range[1])) continue;
      if (value < found.yMin) found.yMin = value;
      if (value > found.yMax) found.yMax = value;
    }
  }
  if (range) [found.xMin, found.xMax] = range;
  return found;
}

/** Room above and below, also for a line that is level. */
export function padded(min: number, max: number, isLog: boolean): [number, number] {
  if (!Number.isFinite(min)) return isLog ? [0.1, 10] : [0, 1];
  if (isLog) return min === max ? [min / 2, max * 2] : [min / 1.15, max * 1.15];
  const room = max > min ? (max - min) * 0.06 : Math.abs(max) * 0.1 || 1;
  return [min - room, max + room];
}
