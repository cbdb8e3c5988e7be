import { expect, test } from "vitest";
import { axisOf, tickValues } from "../axes";
import { NumberColumn, RunTable, TextColumn } from "../run-columns";
import { surface } from "../surface";

const numbers = (...values: number[]) => new NumberColumn(Float64Array.from(values), null);
const table = new RunTable(
  Array.from({ length: 8 }, (_, i) => String(i)),
  new Map<string, NumberColumn | TextColumn>([
    ["metrics.acc", numbers(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, Number.NaN)],
    ["metrics.rate", numbers(1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 2e-1, 3e-1, 5e-1)],
    ["params.depth", new TextColumn(Int32Array.of(0, 1, 0, 1, 0, 1, 0, -1), ["2", "3"])],
    ["params.model", new TextColumn(Int32Array.of(0, 1, 2, 0, 1, 2, 0, 1), ["b", "a", "c"])],
  ]),
);

test("a numeric axis goes from its least to its most, and a missing value is nowhere", () => {
  const axis = axisOf(table, "metrics.acc")!;
  expect([axis.places[0], axis.places[6]]).toEqual([0, 1]);
  expect(axis.places[7]).toBeNaN();
  expect(axis.isLog).toBe(false);
  expect(axis.valueAt(0.5)).toBeCloseTo(0.4);
});

test("values over many powers of ten are placed by their logarithm", () => {
  const axis = axisOf(table, "metrics.rate")!;
  expect(axis.isLog).toBe(true);
  expect(axis.places[2]! - axis.places[1]!).toBeCloseTo(axis.places[1]! - axis.places[0]!);
  expect(axis.valueAt(axis.places[3]!)).toBeCloseTo(1e-2);
});

test("an axis of a few values has exactly these as ticks", () => {
  expect(axisOf(table, "params.depth")!.ticks.map(({ label }) => label)).toEqual(["2", "3"]);
});

test("texts are placed in their order", () => {
  const axis = axisOf(table, "params.model")!;
  expect([...axis.places.slice(0, 3)]).toEqual([0.5, 0, 1]);
});

test("ticks are round and within", () => {
  expect(tickValues(0.913, 0.96, false)).toEqual([0.92, 0.93, 0.94, 0.95, 0.96]);
  expect(tickValues(1e-5, 1, true)).toEqual([1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]);
});

test("a surface goes through its points and never beyond what was measured", () => {
  const size = 11;
  const at = (row: number, column: number) => row * size + column;
  const place = (cell: number) => (cell + 0.5) / size;
  const found = surface([place(2), place(8)], [place(2), place(8)], [1, 3], size);
  expect(found[at(2, 2)]).toBeCloseTo(1, 3);
  expect(found[at(8, 8)]).toBeCloseTo(3, 3);
  expect(Math.min(...found)).toBeGreaterThanOrEqual(1);
  expect(Math.max(...found)).toBeLessThanOrEqual(3);
});
