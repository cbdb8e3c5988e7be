/** Small statistics over columns. Missing values and NaN are NaN here, and left out. */

export interface Summary {
  count: number;
  min: number;
  max: number;
  mean: number;
}

export function summarize(values: Iterable<number>): Summary {
  let count = 0;
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    count++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return count
    ? { count, min, max, mean: sum / count }
    : { count, min: Number.NaN, max: Number.NaN, mean: Number.NaN };
}

/** How many values are in each of so many equal parts from min to max. */
export function histogram(values: ArrayLike<number>, min: number, max: number, bins: number) {
  const counts = new Array<number>(bins).fill(0);
  const scale = max > min ? bins / (max - min) : 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value >= min && value <= max) {
      counts[Math.min(Math.floor((value - min) * scale), bins - 1)]!++;
    }
  }
  return counts;
}

/** The value below which a part of the sorted values lies, between neighbours in proportion. */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  const place = (sorted.length - 1) * part;
  const left = Math.floor(place);
  const low = sorted[left] ?? Number.NaN;
  const high = sorted[Math.min(left + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (high - low) * (place - left);
}

/** Places 1, 2, ... in ascending order; equal values share the mean of their places. */
export function ranks(values: number[]): number[] {
  const order = values.map((_, i) => i).sort((one, other) => values[one]! - values[other]!);
  const found = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) found[order[i]!] = (from + to + 1) / 2;
    from = to;
  }
  return found;
}

/**
 * Spearman's rank correlation: Pearson's, of the ranks. From -1 to 1; NaN where one of the two does
 * not vary, or fewer than three pairs are there.
 */
export function rankCorrelation(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const left: number[] = [];
  const right: number[] = [];
  for (let i = 0; i < one.length; i++) {
    if (Number.isFinite(one[i]!) && Number.isFinite(other[i]!)) {
      left.push(one[i]!);
      right.push(other[i]!);
    }
  }
  return left.length < 3 ? Number.NaN : correlation(ranks(left), ranks(right));
}

function correlation(one: number[], other: number[]): number {
  const n = one.length;
  const meanOne = one.reduce((sum, value) => sum + value, 0) / n;
  const meanOther = other.reduce((sum, value) => sum + value, 0) / n;
  let both = 0;
  let ones = 0;
  let others = 0;
  for (let i = 0; i < n; i++) {
    const a = one[i]! - meanOne;
    const b = other[i]! - meanOther;
    both += a * b;
    ones += a * a;
    others += b * b;
  }
  return ones && others ? both / Math.sqrt(ones * others) : Number.NaN;
}

/**
 * How much of a metric's ranks the groups of a text explain: eta squared, the share of the squared
 * deviations that is between the groups. 0 to 1; NaN where nothing varies or every text is alone.
 */
export function explainedByGroups(codes: ArrayLike<number>, metric: ArrayLike<number>): number {
  const rows: number[] = [];
  for (let i = 0; i < codes.length; i++) {
    if (codes[i]! >= 0 && Number.isFinite(metric[i]!)) rows.push(i);
  }
  const placed = ranks(rows.map((row) => metric[row]!));
  const mean = (rows.length + 1) / 2;
  const groups = new Map<number, { count: number; sum: number }>();
  let total = 0;
  rows.forEach((row, i) => {
    const group = groups.get(codes[row]!) ?? { count: 0, sum: 0 };
    group.count++;
    group.sum += placed[i]!;
    groups.set(codes[row]!, group);
    total += (placed[i]! - mean) ** 2;
  });
  if (!total || groups.size < 2 || groups.size > rows.length / 2) return Number.NaN;
  let between = 0;
  for (const { count, sum } of groups.values()) between += count * (sum / count - mean) ** 2;
  return between / total;
}
