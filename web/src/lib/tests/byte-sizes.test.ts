import { expect, test } from "vitest";
import { parseLimit } from "../byte-sizes";

test.each([
  ["2.5 GB", 2_500_000_000],
  ["500mb", 500_000_000],
  ["1024", 1024],
  ["12 bytes", 12],
  ["no limit", null],
  ["None", null],
  ["0", undefined],
  ["-1 GB", undefined],
  ["many", undefined],
  ["1e3", undefined],
  ["99999999 TB", undefined],
])("%s is a limit of %s", (text, bytes) => {
  expect(parseLimit(text)).toBe(bytes);
});
