import { expect, test } from "vitest";
import { type CapturedFile, capturedKind, capturedOf, environmentOf, pairsOf } from "../captured";

const RUN = { kind: "run", id: "r1" } as const;
const file = (path: string, kind: CapturedFile["kind"] = "environment"): CapturedFile => ({
  source: RUN,
  path,
  name: path,
  kind,
});

test.each([
  ["requirements.txt", false, "environment"],
  ["model/conda.yaml", false, "environment"],
  ["requirements-dev.txt", false, "environment"],
  ["train.py", false, "code"],
  ["look.ipynb", false, "code"],
  ["code/settings.yaml", true, "code"],
  ["predictions.csv", false, null],
  ["config.yaml", false, null],
])("%s, in a folder of code: %s, is %s", (path, isInCode, kind) => {
  expect(capturedKind(path, isInCode)).toBe(kind);
});

test("folders are no files, and names are without what differs from run to run", () => {
  const found = capturedOf(
    { kind: "model", id: "m-1" },
    [
      { path: "MLmodel", is_dir: false },
      { path: "code", is_dir: true },
      { path: "requirements.txt", is_dir: false },
    ],
    "model/",
    false,
  );
  expect(found.map(({ name, path }) => [name, path])).toEqual([
    ["model/requirements.txt", "requirements.txt"],
  ]);
});

test("what is installed from is pip's file before conda's, and never a lock of something else", () => {
  expect(environmentOf([file("conda.yaml"), file("requirements.txt")])?.path).toBe(
    "requirements.txt",
  );
  expect(environmentOf([file("uv.lock"), file("conda.yaml")])?.path).toBe("conda.yaml");
  expect(environmentOf([file("Dockerfile"), file("train.py", "code")])).toBeUndefined();
});

test("files of the same name are compared, and those that one run has alone are shown as such", () => {
  const pairs = pairsOf([file("b"), file("a")], [file("a"), file("c")]);
  expect(pairs.map(([name, one, two]) => [name, one !== null, two !== null])).toEqual([
    ["a", true, true],
    ["b", true, false],
    ["c", false, true],
  ]);
});
