import { expect, test } from "vitest";
import { inReadingOrder, isLog, logLines } from "../log-text";

test("colours of a terminal are taken out", () => {
  expect(logLines("\u001b[31mfailed\u001b[0m at \u001b[1;4mstep 3\u001b[K\n")).toEqual([
    "failed at step 3",
  ]);
});

test("of a bar that was drawn over and over only how it ended is shown", () => {
  expect(logLines("start\r\n 10%|#\r 50%|###\r100%|######\r\ndone")).toEqual([
    "start",
    "100%|######",
    "done",
  ]);
});

test("nothing is no line, and empty lines in between stay", () => {
  expect(logLines("")).toEqual([]);
  expect(logLines("a\n\nb\n")).toEqual(["a", "", "b"]);
});

test.each([
  ["train.log", false, true],
  ["stdout.txt", false, true],
  ["user_logs/std_log.txt", true, true],
  ["logs/epoch 1.txt", true, true],
  ["notes.txt", false, false],
  ["logs/figure.png", true, false],
])("%s: whether it is a log", (path, isInFolder, wanted) => {
  expect(isLog(path, isInFolder)).toBe(wanted);
});

test("what was printed comes first", () => {
  expect(inReadingOrder(["b.log", "a.log", "logs/stderr.txt"])).toEqual([
    "logs/stderr.txt",
    "a.log",
    "b.log",
  ]);
});
