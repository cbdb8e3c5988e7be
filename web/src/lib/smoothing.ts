/**
 * An exponential moving average whose memory is by distance in x, not by points: what is drawn of a
 * long series has fewer points than it has, and is smoothed alike. Debiased, so that it begins at
 * the first value. A NaN is passed by and remembered nowhere.
 *
 * strength: 0 (none) to 1; the memory's half-life is `strength² / 5` of the range of x.
 */
export function smoothed(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  strength: number,
  span: number,
) {
  const found = new Float64Array(y.length);
  const halfLife = (strength * strength * span) / 5;
  let average = 0;
  let weight = 0;
  let before = Number.NaN;
  for (let i = 0; i < y.length; i++) {
    const value = y[i]!;
    if (!Number.isFinite(value)) {
      found[i] = value;
      continue;
    }
    const gap = Number.isNaN(before) ? span / Math.max(y.length - 1, 1) : x[i]! - before;
    before = x[i]!;
    // Several points at one place are one place: only the first of them counts much.
    const keep = halfLife > 0 ? 2 ** (-Math.max(gap, span / 1e6) / halfLife) : 0;
    average = average * keep + value * (1 - keep);
    weight = weight * keep + (1 - keep);
    found[i] = average / weight;
  }
  return found;
}
