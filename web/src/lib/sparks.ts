/** A series as a small line. */

/** The path of an SVG of this size: a gap where a value is none, a level line in the middle. */
export function sparkPath(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  width: number,
  height: number,
): string {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < y.length; i++) {
    if (!Number.isFinite(y[i]!)) continue;
    low = Math.min(low, y[i]!);
    high = Math.max(high, y[i]!);
  }
  const from = x[0] ?? 0;
  const span = (x[x.length - 1] ?? 0) - from;
  const across = (at: number) => (span > 0 ? ((at - from) / span) * width : width / 2);
  const up = (value: number) =>
    high > low ? height - ((value - low) / (high - low)) * height : height / 2;
  let path = "";
  let isDown = false;
  for (let i = 0; i < y.length; i++) {
    const value = y[i]!;
    if (Number.isFinite(value)) {
      path += `${isDown ? "L" : "M"}${across(x[i]!).toFixed(1)} ${up(value).toFixed(1)}`;
    }
    isDown = Number.isFinite(value);
  }
  return path;
}
