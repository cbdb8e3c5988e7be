/** What can come next in a filter: keys, operators, values. */

import { expectedAt, quoted } from "@/lib/filters";
import { showNumber } from "@/lib/format";
import { columnRef, filterName } from "@/lib/run-columns";
import type { Key, Keys } from "./api/run-keys";

export interface Suggestion {
  text: string;
  note: string;
}

const ATTRIBUTES: [key: string, note: string][] = [
  ["run_name", "the run's name"],
  ["status", "FINISHED, RUNNING, ..."],
  ["start_time", "epoch milliseconds"],
  ["end_time", "epoch milliseconds"],
  ["user_id", "who started it"],
  ["run_id", ""],
];
const DATASETS = ["name", "digest", "context"];
const STATUSES = ["FINISHED", "RUNNING", "FAILED", "KILLED", "SCHEDULED"];
const MOST = 50;

const NUMERIC = ["<", ">", "<=", ">=", "=", "!=", "BETWEEN", "IS NULL", "IS NOT NULL"];
const TEXTUAL = ["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN", "<", ">", "IS NULL", "IS NOT NULL"];

export function suggestionsFor(
  before: string,
  keys: Keys | undefined,
): { from: number; options: Suggestion[] } {
  const expected = expectedAt(before);
  const options = optionsFor(expected, keys);
  const typed = expected.typed.toLowerCase().replace(/^['"`]/, "");
  const plain = (text: string) => text.toLowerCase().replace(/[`'"]/g, "");
  const fitting = options.filter(({ text }) => plain(text).includes(typed.replace(/[`'"]/g, "")));
  fitting.sort(
    (one, other) =>
      Number(plain(other.text).startsWith(typed)) - Number(plain(one.text).startsWith(typed)),
  );
  const isWhole = fitting.length === 1 && fitting[0]!.text === expected.typed;
  return { from: expected.from, options: isWhole ? [] : fitting.slice(0, MOST) };
}

function optionsFor(expected: ReturnType<typeof expectedAt>, keys: Keys | undefined): Suggestion[] {
  switch (expected.what) {
    case "field":
      return fields(keys);
    case "operator": {
      const isNumeric = /^metrics\.|^attributes\.(start|end)_time/.test(expected.field);
      return (isNumeric ? NUMERIC : TEXTUAL).map((text) => ({ text, note: "" }));
    }
    case "value":
      return values(expected.field, expected.operator, keys);
    default:
      return ["AND", "OR"].map((text) => ({ text, note: "" }));
  }
}

function fields(keys: Keys | undefined): Suggestion[] {
  const named = (kind: "metric" | "param" | "tag", found: Key[] = []) =>
    found.map((key) => ({
      text: filterName({ kind, key: key.key, statistic: "latest" }),
      note: `${key.runs} runs`,
    }));
  return [
    ...named("metric", keys?.metrics),
    ...named("param", keys?.params),
    ...ATTRIBUTES.map(([key, note]) => ({ text: `attributes.${key}`, note })),
    ...named("tag", keys?.tags),
    ...DATASETS.map((key) => ({ text: `datasets.${key}`, note: "dataset" })),
  ];
}

function values(field: string, operator: string, keys: Keys | undefined): Suggestion[] {
  if (field === "attributes.status" || field === "status") {
    return STATUSES.map((status) => ({ text: inList(quoted(status), operator), note: "" }));
  }
  const ref = columnRef(field.replaceAll("`", ""));
  const list = { metric: keys?.metrics, param: keys?.params, tag: keys?.tags, attribute: [] };
  const key = ref && list[ref.kind]?.find((one) => one.key === ref.key);
  if (!key) return [];
  if (key.common.length) {
    return key.common.map(({ value, runs }) => ({
      text: inList(quoted(value), operator),
      note: `${runs} runs`,
    }));
  }
  const ends: [unknown, string][] = [
    [key.min, "least"],
    [key.max, "most"],
  ];
  return ends
    .filter(([value]) => typeof value === "number")
    .map(([value, note]) => ({
      text: String(value),
      note: `${note}, ${showNumber(Number(value))}`,
    }))
    .filter((one, i, all) => all.findIndex((other) => other.text === one.text) === i);
}

function inList(text: string, operator: string): string {
  return /IN$/.test(operator) ? `(${text})` : text;
}
