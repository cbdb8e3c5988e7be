import { describe, expect, test } from "vitest";
import { NumberColumn, RunTable, TextColumn } from "../run-columns";
import { groupedLines, groupSummary, nestedLines, sortedRows } from "../run-order";

const ids = ["a", "b", "c", "d"];

function table(columns: Record<string, NumberColumn | TextColumn>): RunTable {
  return new RunTable(ids, new Map(Object.entries(columns)));
}

const loss = new NumberColumn(Float64Array.of(0.3, Number.NaN, 0, 0.1), Uint8Array.of(1, 1, 0, 1));
const named = (rows: Uint32Array) => [...rows].map((row) => ids[row]);

describe("order", () => {
  test("missing values come last and NaN before them, up or down", () => {
    const runs = table({ "metrics.loss": loss });
    const by = (descending: boolean) =>
      named(sortedRows(runs, { column: "metrics.loss", descending }));
    expect(by(false)).toEqual(["d", "a", "b", "c"]);
    expect(by(true)).toEqual(["a", "d", "b", "c"]);
  });

  test("params that are all numbers are ordered as numbers", () => {
    const column = new TextColumn(Int32Array.of(0, 1, 2, -1), ["10", "9", "1e2"]);
    const rows = sortedRows(table({ "params.lr": column }), {
      column: "params.lr",
      descending: false,
    });
    expect(named(rows)).toEqual(["b", "a", "c", "d"]);
  });

  test("texts are ordered as a person would, digits by their value", () => {
    const column = new TextColumn(Int32Array.of(0, 1, 2, 3), ["run-10", "run-9", "Alpha", "beta"]);
    const rows = sortedRows(table({ "tags.t": column }), { column: "tags.t", descending: false });
    expect(named(rows)).toEqual(["c", "d", "b", "a"]);
  });
});

describe("nesting", () => {
  const parents = new TextColumn(Int32Array.of(-1, 0, 1, 2), ["a", "b", "gone"]);
  const runs = table({ "tags.mlflow.parentRunId": parents });
  const order = [3, 2, 1, 0];

  test("children stand below their parents, of any depth; an orphan by itself", () => {
    const lines = nestedLines(runs, order, new Set());
    expect(lines.map((line) => [ids[line.row], "depth" in line && line.depth])).toEqual([
      ["d", 0],
      ["a", 0],
      ["b", 1],
      ["c", 2],
    ]);
  });

  test("what is closed hides all below", () => {
    const lines = nestedLines(runs, order, new Set(["a"]));
    expect(lines.map((line) => ids[line.row])).toEqual(["d", "a"]);
  });

  test("runs that are each other's parents are shown all the same", () => {
    const circle = table({
      "tags.mlflow.parentRunId": new TextColumn(Int32Array.of(0, 1, -1, -1), ["b", "a"]),
    });
    const shown = nestedLines(circle, [0, 1, 2, 3], new Set()).map((line) => ids[line.row]);
    expect([...shown].sort()).toEqual(ids);
  });
});

test("groups stand in the order of their first run and know mean and spread", () => {
  const runs = table({
    "metrics.loss": loss,
    "params.model": new TextColumn(Int32Array.of(0, 1, 0, 1), ["x", "y"]),
  });
  const lines = groupedLines(runs, [3, 0, 1, 2], "params.model", new Set(["x"]));
  expect(lines.map((line) => line.group?.label ?? ids[line.row])).toEqual(["y", "d", "b", "x"]);
  const found = groupSummary(runs, "metrics.loss", [0, 2, 3]);
  expect(found).toMatchObject({ count: 2, min: 0.1, max: 0.3 });
  expect(found!.mean).toBeCloseTo(0.2);
});
