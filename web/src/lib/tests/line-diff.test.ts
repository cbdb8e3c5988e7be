import { expect, test } from "vitest";
import { type DiffLine, hunksOf, lineDiff } from "../line-diff";

const lines = (text: string) => text.split("");
const shown = (found: DiffLine[]) =>
  found.map(({ kind, text }) => ({ same: " ", added: "+", removed: "-" })[kind] + text).join("");
const side = (found: DiffLine[], other: "added" | "removed") =>
  found.filter(({ kind }) => kind !== other).map(({ text }) => text);

test("the shortest way from one text to the other is found", () => {
  expect(shown(lineDiff(lines("abcd"), lines("abxd")))).toBe(" a b-c+x d");
  expect(shown(lineDiff([], lines("ab")))).toBe("+a+b");
  expect(shown(lineDiff(lines("ab"), []))).toBe("-a-b");
  expect(shown(lineDiff(lines("ab"), lines("ab")))).toBe(" a b");
  const classic = lineDiff(lines("abcabba"), lines("cbabac"));
  expect(classic.filter(({ kind }) => kind !== "same")).toHaveLength(5);
});

test("both texts can be read out of their difference, with the numbers of their lines", () => {
  let seed = 5;
  const random = (most: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % most;
  };
  const text = () => Array.from({ length: random(30) }, () => "abcde"[random(5)]!);
  for (let round = 0; round < 300; round++) {
    const [left, right] = [text(), text()];
    const found = lineDiff(left, right);
    expect(side(found, "added")).toEqual(left);
    expect(side(found, "removed")).toEqual(right);
    for (const line of found) {
      if (line.left !== null) expect(left[line.left - 1]).toBe(line.text);
      if (line.right !== null) expect(right[line.right - 1]).toBe(line.text);
    }
  }
});

test("texts that have too little in common are taken away and put there whole", () => {
  const found = lineDiff(lines("abcdef"), lines("uvwxyz"), 4);
  expect(shown(found)).toBe("-a-b-c-d-e-f+u+v+w+x+y+z");
});

test("differences are shown with some lines around, and near ones together", () => {
  const left = Array.from({ length: 40 }, (_, i) => `line ${i}`);
  const right = left.with(10, "other").with(13, "other").with(30, "other");
  const hunks = hunksOf(lineDiff(left, right));
  expect(hunks).toHaveLength(2);
  expect(hunks[0]!.map(({ left }) => left).filter((n) => n !== null)).toEqual([
    8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
  ]);
  expect(hunks[1]!.at(0)!.left).toBe(28);
  expect(hunksOf(lineDiff(left, left))).toEqual([]);
});
