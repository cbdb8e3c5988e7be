/** A column as an axis: where each row stands on it, from 0 to 1, and what is written beside it. */

import { showNumber } from "./format";
import { type ColumnRef, columnRef, columnTitle, type RunTable } from "./run-columns";
import { summarize } from "./statistics";
import { sortedRanks } from "./text-columns";

export interface Axis {
  id: string;
  title: string;
  isLog: boolean;
  isNumeric: boolean;
  /** Of each row, 0 to 1; NaN where it has no value. */
  places: Float64Array;
  ticks: { place: number; label: string }[];
  /** The values at two places, in words of the filter: for numbers only. */
  valueAt: (place: number) => number;
}

// From here on equal steps say less than equal factors: learning rates, weight decays.
const LOG_FACTOR = 50;
const FEW = 6;

export function axisOf(table: RunTable, id: string): Axis | null {
  const column = table.column(id);
  const ref = columnRef(id);
  if (!column || !ref) return null;
  const title = columnTitle(ref as ColumnRef);
  const numbers = column.numbers();
  if (numbers) {
    const { min, max } = summarize(numbers);
    return numberAxis(id, title, numbers, min, max);
  }
  const { codes, texts } = column as { codes: Int32Array; texts: string[] };
  const ranks = sortedRanks(texts);
  const last = Math.max(texts.length - 1, 1);
  const placeOf = (code: number) => (texts.length === 1 ? 0.5 : ranks[code]! / last);
  const step = Math.max(1, Math.ceil(texts.length / 12));
  return {
    id,
    title,
    isLog: false,
    isNumeric: false,
    places: Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : placeOf(code))),
    ticks: texts
      .map((label, code) => ({ place: placeOf(code), label }))
      .filter((_, code) => ranks[code]! % step === 0),
    valueAt: (place) => place * last,
  };
}

function numberAxis(
  id: string,
  title: string,
  values: Float64Array,
  min: number,
  max: number,
): Axis {
  const isLog = min > 0 && max / min >= LOG_FACTOR;
  const to = isLog ? Math.log10 : (value: number) => value;
  const from = isLog ? (value: number) => 10 ** value : (value: number) => value;
  const [low, high] = [to(min), to(max)];
  const span = high - low;
  const placeOf = (value: number) => {
    if (!Number.isFinite(value)) return Number.NaN;
    return span > 0 ? (to(value) - low) / span : 0.5;
  };
  return {
    id,
    title,
    isLog,
    isNumeric: true,
    places: values.map(placeOf),
    ticks: (fewValues(values) ?? tickValues(min, max, isLog)).map((value) => ({
      place: placeOf(value),
      label: showNumber(value),
    })),
    valueAt: (place) => from(low + place * span),
  };
}

/** All distinct values where there are only a few: ticks between them would mean nothing. */
function fewValues(values: Float64Array): number[] | null {
  const found = new Set<number>();
  for (const value of values) {
    if (Number.isFinite(value)) found.add(value);
    if (found.size > FEW) return null;
  }
  return [...found].sort((one, other) => one - other);
}

/** Round values from min to max, about five. */
export function tickValues(min: number, max: number, isLog: boolean): number[] {
  if (!Number.isFinite(min)) return [];
  if (!(max > min)) return [min];
  if (isLog) {
    const found: number[] = [];
    const from = Math.ceil(Math.log10(min) - 1e-9);
    const to = Math.floor(Math.log10(max) + 1e-9);
    const step = Math.max(1, Math.ceil((to - from) / 6));
    for (let power = from; power <= to; power += step) found.push(Number(`1e${power}`));
    return found.length > 1 ? found : [min, max];
  }
  const rough = (max - min) / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((one) => one >= rough)!;
  const found: number[] = [];
  for (let i = Math.ceil(min / step); i * step <= max + step * 1e-9; i++) {
    found.push(Number((i * step).toPrecision(12)));
  }
  return found;
}
