import { expect, test } from "vitest";
import { readRunSearch } from "../run-search";
import { versionWords } from "../version-words";

test.each([
  ["churn", "churn", null],
  ["churn 3", "churn", "3"],
  ["churn v12", "churn", "12"],
  ["my churn version 3", "my churn", "3"],
  ["resnet50", "resnet50", null],
  ["3", "3", null],
])("%s means the model %s and its version %s", (text, name, version) => {
  expect(versionWords(text)).toEqual({ name, version });
});

test("the address of a run's page holds tab, file, other run and how charts are drawn", () => {
  const search = { tab: "code", other: "r2", range: [1, 2] };
  expect(readRunSearch({ ...search, tabs: "x", file: "" })).toEqual(search);
});
