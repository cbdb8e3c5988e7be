import { describe, expect, test } from "vitest";
import {
  clausesOf,
  errorPlace,
  expectedAt,
  quoted,
  roundedOut,
  withClause,
  withoutClause,
} from "../filters";

describe("clauses", () => {
  test("AND on the outermost level divides, inside brackets and BETWEEN it does not", () => {
    const filter =
      "metrics.a BETWEEN 1 AND 2 AND (params.b = 'x' AND tags.c = 'y') and tags.d = 'e AND f'";
    expect(clausesOf(filter).map(({ text }) => text)).toEqual([
      "metrics.a BETWEEN 1 AND 2",
      "(params.b = 'x' AND tags.c = 'y')",
      "tags.d = 'e AND f'",
    ]);
  });

  test("one is put behind what is there, once", () => {
    expect(withClause("", "a = 1")).toBe("a = 1");
    expect(withClause("a = 1", "b = 2")).toBe("a = 1 AND b = 2");
    expect(withClause("a = 1 AND b = 2", "b = 2")).toBe("a = 1 AND b = 2");
  });

  test("what an OR joins is put in brackets first", () => {
    expect(withClause("a = 1 OR b = 2", "c = 3")).toBe("(a = 1 OR b = 2) AND c = 3");
  });

  test("one is taken out and the rest stays", () => {
    const filter = "a = 1 AND b = 2 AND c = 3";
    expect(withoutClause(filter, clausesOf(filter)[1]!)).toBe("a = 1 AND c = 3");
  });

  test("a text is put in the quotes that it does not have", () => {
    expect(quoted("it's")).toBe('"it\'s"');
    expect(quoted("plain")).toBe("'plain'");
  });
});

describe("what comes next", () => {
  test.each([
    ["", "field", ""],
    ["met", "field", "met"],
    ["metrics.loss ", "operator", ""],
    ["metrics.loss <", "value", ""],
    ["metrics.loss < 0.", "value", "0."],
    ["metrics.loss < 0.5 ", "joint", ""],
    ["metrics.loss < 0.5 A", "joint", "A"],
    ["metrics.loss < 0.5 AND ", "field", ""],
    ["metrics.loss BETWEEN 1 AND ", "value", ""],
    ["params.a IS NULL ", "joint", ""],
    ["params.a NOT IN (", "value", ""],
    ["params.a IN ('x', ", "value", ""],
    ["params.a IN ('x') ", "joint", ""],
    ["(params.a = 'x' OR NOT ", "field", ""],
    ["params.`a b` ", "operator", ""],
  ])("after %j it is a %s", (text, what, typed) => {
    expect(expectedAt(text)).toMatchObject({ what, typed });
  });

  test("a value's field is known, odd letters and all", () => {
    expect(expectedAt("tags.`my tag` = ")).toMatchObject({ what: "value", field: "tags.`my tag`" });
  });
});

test("the server's words tell the character", () => {
  expect(errorPlace("Invalid comparator '>>'\nAt character 13\nmetrics")).toBe(12);
  expect(errorPlace("something else")).toBeNull();
});

test.each([
  [0.24, 0.4, [0.24, 0.4]],
  [0.12345678, 0.98765432, [0.1234, 0.9877]],
  [0.999912345, 0.999998765, [0.99991234, 0.99999877]],
  [-3.24159, 2.61828, [-3.242, 2.619]],
  [1_780_000_000_000, 1_780_000_003_600, [1_780_000_000_000, 1_780_000_003_600]],
])("a range from %d to %d is written short, and nothing of it is left out", (low, high, told) => {
  const [from, to] = roundedOut(low, high);
  expect([from, to]).toEqual(told);
  expect(from <= low && to >= high).toBe(true);
});
