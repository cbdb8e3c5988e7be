import { expect, test } from "vitest";
import { moved } from "../order";
import { readCompareView } from "../view";

test("a run is moved to a place among the others", () => {
  expect(moved(["a", "b", "c"], "a", 2)).toEqual(["b", "c", "a"]);
  expect(moved(["a", "b", "c"], "c", 0)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b", "c"], "b", 1)).toEqual(["a", "b", "c"]);
});

test("an address holds brushes and curves, and nothing that makes no sense", () => {
  const view = readCompareView({
    runs: ["r1"],
    experiments: "7",
    brushes: { "params.depth": [0, 0.5], odd: "x", half: [1] },
    curves: { smooth: 0.4, log: "yes", charts: ["loss"] },
  });
  expect(view.brushes).toEqual({ "params.depth": [0, 0.5] });
  expect(view.curves).toEqual({ smooth: 0.4, charts: ["loss"] });
  expect(view.experiments).toEqual(["7"]);
  expect(readCompareView({ brushes: "x", curves: 3 })).toMatchObject({
    brushes: undefined,
    curves: undefined,
  });
});
