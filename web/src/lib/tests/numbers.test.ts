import { describe, expect, test } from "vitest";
import { csvField } from "../csv";
import { showBytes, showDuration, showNumber } from "../format";
import { extentOf, nearest, padded } from "../lines";
import { smoothed } from "../smoothing";
import { explainedByGroups, histogram, quantile, rankCorrelation } from "../statistics";
import { numericTexts } from "../text-columns";

describe("numbers as they are shown", () => {
  test.each([
    [0.123456, "0.1235"],
    [0.5, "0.5"],
    [12345678.9, "1.235e7"],
    [0.00001234, "1.234e-5"],
    [1500, "1500"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-∞"],
    [-0.25, "-0.25"],
  ])("%f is %s", (value, text) => expect(showNumber(value)).toBe(text));

  test("durations and sizes have units that fit", () => {
    expect([showDuration(250), showDuration(61_000), showDuration(7_260_000)]).toEqual([
      "250 ms",
      "1 min 1 s",
      "2 h 1 min",
    ]);
    expect([showBytes(12), showBytes(1_530_000)]).toEqual(["12 bytes", "1.53 MB"]);
  });
});

describe("statistics", () => {
  test("rank correlation sees any rising relation whole, and leaves out what is missing", () => {
    const x = [1, 2, 3, 4, Number.NaN];
    expect(rankCorrelation(x, [1, 10, 100, 1000, 5])).toBeCloseTo(1);
    expect(rankCorrelation(x, [9, 7, 3, 1, 5])).toBeCloseTo(-1);
    expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeNaN();
  });

  test("ties share their rank: the textbook's value", () => {
    // Ranks 1.5 1.5 3 4 and 1 2.5 2.5 4: Pearson's r of them.
    expect(rankCorrelation([5, 5, 6, 7], [1, 2, 2, 3])).toBeCloseTo(0.8333, 4);
  });

  test("groups explain all, or nothing, of a metric", () => {
    expect(explainedByGroups([0, 0, 1, 1], [1, 2, 11, 12])).toBeCloseTo(0.8);
    expect(explainedByGroups([0, 1, 0, 1], [1, 1, 2, 2])).toBeCloseTo(0);
    expect(explainedByGroups([0, 1, 2, 3], [1, 2, 3, 4])).toBeNaN();
  });

  test("histograms count both ends, and quantiles lie between neighbours", () => {
    expect(histogram([0, 0.5, 1, Number.NaN], 0, 1, 2)).toEqual([1, 2]);
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
  });
});

describe("lines", () => {
  test("the nearest place in ascending x", () => {
    expect([0.4, 0.6, 9, -3].map((x) => nearest([0, 1, 2], x))).toEqual([0, 1, 2, 0]);
    expect(nearest([], 1)).toBe(-1);
  });

  test("the extent of a log axis leaves out what it cannot show", () => {
    const line = { id: "a", color: "", label: "", x: [0, 1, 2], y: [0, -1, 10] };
    expect(extentOf([line], true, null)).toMatchObject({ yMin: 10, yMax: 10 });
    const [low, high] = padded(10, 10, true);
    expect(low).toBeLessThan(10);
    expect(high).toBeGreaterThan(10);
  });

  test("smoothing keeps a level line level, begins at the first value, and passes a NaN by", () => {
    const x = [0, 1, 2, 3, 4];
    expect([...smoothed(x, [2, 2, 2, 2, 2], 0.6, 4)]).toEqual([2, 2, 2, 2, 2]);
    const found = smoothed(x, [1, Number.NaN, 1, 5, 1], 0.9, 4);
    expect(found[0]).toBeCloseTo(1);
    expect(found[1]).toBeNaN();
    expect(found[3]).toBeGreaterThan(1);
    expect(found[3]).toBeLessThan(5);
  });

  test("smoothing is the same whether a straight line has few points or many", () => {
    const line = (n: number) => Array.from({ length: n }, (_, i) => (i * 100) / (n - 1));
    const few = smoothed(line(101), line(101), 0.8, 100).at(-1)!;
    const many = smoothed(line(2001), line(2001), 0.8, 100).at(-1)!;
    expect(Math.abs(few - many)).toBeLessThan(1.5);
  });
});

test("a CSV field is quoted where it must be, and no spreadsheet runs it", () => {
  expect(["plain", 'a"b', "a,b", "-0.5", "=HYPERLINK()", "-x"].map(csvField)).toEqual([
    "plain",
    '"a""b"',
    '"a,b"',
    "-0.5",
    "'=HYPERLINK()",
    "'-x",
  ]);
});

test("texts are numbers only where all of them are", () => {
  expect(numericTexts(["1", "2e-3", " -.5 "])).toEqual(Float64Array.of(1, 0.002, -0.5));
  expect(numericTexts(["1", "x"])).toBeNull();
  expect(numericTexts(["None"])).toBeNull();
});
