import { expect, test } from "vitest";
import { sparkPath } from "../sparks";

test("a series goes from the left end to the right, its least value below", () => {
  expect(sparkPath([10, 15, 20], [1, 3, 2], 100, 20)).toBe("M0.0 20.0L50.0 0.0L100.0 10.0");
});

test("what does not change is a level line in the middle", () => {
  expect(sparkPath([0, 1], [5, 5], 100, 20)).toBe("M0.0 10.0L100.0 10.0");
});

test("where there is no number there is a gap", () => {
  const path = sparkPath([0, 1, 2, 3], [0, Number.NaN, 1, Infinity], 90, 10);
  expect(path).toBe("M0.0 10.0M60.0 0.0");
});

test("points of one step are drawn above each other, and nothing is nothing", () => {
  expect(sparkPath([4, 4], [0, 1], 100, 20)).toBe("M50.0 20.0L50.0 0.0");
  expect(sparkPath([], [], 100, 20)).toBe("");
});
