/** Whole runs, as the protocol tells them, as columns. */

import { numberOf, type Run, type Tag } from "@/lib/mlflow";
import { type Column, durations, NumberColumn, RunTable, TextColumn } from "@/lib/run-columns";
import { numericTexts } from "@/lib/text-columns";
import type { Key, Keys } from "./api/run-keys";

export function tableOfRuns(runs: Run[], now: number): RunTable {
  const columns = new Map<string, Column>();
  const info = (key: keyof Run["info"]) => runs.map(({ info }) => info[key]);
  for (const key of ["run_id", "run_name", "status", "experiment_id", "user_id"] as const) {
    columns.set(`attributes.${key}`, texts(info(key) as string[]));
  }
  for (const key of ["start_time", "end_time"] as const) {
    columns.set(`attributes.${key}`, numbers(info(key) as (number | undefined)[]));
  }
  const [started, ended] = ["start_time", "end_time"].map((k) => columns.get(`attributes.${k}`)!);
  columns.set("attributes.duration", durations(started!, ended!, now));
  for (const [key, values] of byKey(runs, ({ data }) => data.metrics ?? [])) {
    columns.set(
      `metrics.${key}`,
      numbers(values.map((value) => (value === undefined ? undefined : numberOf(value)))),
    );
  }
  for (const [kind, of] of [
    ["params", ({ data }: Run) => data.params ?? []],
    ["tags", ({ data }: Run) => data.tags ?? []],
  ] as const) {
    for (const [key, values] of byKey<string>(runs, of))
      columns.set(`${kind}.${key}`, texts(values));
  }
  return new RunTable(info("run_id") as string[], columns);
}

/** The keys of these runs, as the server summarises them for a whole experiment. */
export function keysOfRuns(runs: Run[]): Keys {
  const summaries = (part: "params" | "tags") =>
    Array.from(
      byKey<string>(runs, ({ data }) => (data[part] as Tag[]) ?? []),
      ([key, values]) => {
        const there = values.filter((value) => value !== undefined);
        const distinct = [...new Set(there)];
        const found = numericTexts(distinct);
        return summary(key, there.length, found ? [...found] : null, distinct);
      },
    );
  const metrics = Array.from(
    byKey(runs, ({ data }) => data.metrics ?? []),
    ([key, values]) => {
      const there = values.filter((value) => value !== undefined);
      return summary(key, there.length, there.map(numberOf), []);
    },
  );
  return { metrics, params: summaries("params"), tags: summaries("tags") };
}

function summary(key: string, runs: number, numbers: number[] | null, texts: string[]): Key {
  const finite = (numbers ?? []).filter(Number.isFinite);
  return {
    key,
    runs,
    numbers: finite.length,
    min: finite.length ? Math.min(...finite) : null,
    max: finite.length ? Math.max(...finite) : null,
    common: numbers ? [] : texts.slice(0, 20).map((value) => ({ value, runs: 1 })),
  };
}

/** For every key the value of each run, in the order of the runs. */
function byKey<T>(
  runs: Run[],
  of: (run: Run) => { key: string; value: T }[],
): Map<string, (T | undefined)[]> {
  const found = new Map<string, (T | undefined)[]>();
  runs.forEach((run, row) => {
    for (const { key, value } of of(run)) {
      if (!found.has(key)) found.set(key, new Array(runs.length).fill(undefined));
      found.get(key)![row] = value;
    }
  });
  return found;
}

function numbers(values: (number | undefined)[]): NumberColumn {
  return new NumberColumn(
    Float64Array.from(values, (value) => value ?? 0),
    Uint8Array.from(values, (value) => (value === undefined ? 0 : 1)),
  );
}

function texts(values: (string | undefined)[]): TextColumn {
  const places = new Map<string, number>();
  const codes = Int32Array.from(values, (value) => {
    if (value === undefined) return -1;
    if (!places.has(value)) places.set(value, places.size);
    return places.get(value)!;
  });
  return new TextColumn(codes, [...places.keys()]);
}
