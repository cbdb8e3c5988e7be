import { expect, test } from "vitest";
import { readChartsView } from "../chart-view";

test("an address says how charts are drawn", () => {
  const view = { x: "time", smooth: 0.4, log: true, range: [1, 5] };
  expect(readChartsView({ ...view, other: "thing" })).toEqual(view);
});

test.each([
  { x: "step" },
  { smooth: 7 },
  { smooth: "0.4" },
  { log: "yes" },
  { range: [1] },
  { range: [1, "a"] },
  { range: "1,2" },
])("what makes no sense is left out: %o", (search) => {
  expect(readChartsView(search)).toEqual({});
});
