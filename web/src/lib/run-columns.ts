/** Columns of runs: how they are named, and a table of them. */

import type { Table } from "./binary-columns";
import { numericTexts, sortedRanks } from "./text-columns";

export type Kind = "attribute" | "param" | "metric" | "tag";
export type Statistic = "latest" | "min" | "max";

export interface ColumnRef {
  kind: Kind;
  key: string;
  statistic: Statistic;
}

const PREFIX: Record<Kind, string> = {
  attribute: "attributes",
  param: "params",
  metric: "metrics",
  tag: "tags",
};

/** The name in addresses and filters: `metrics.loss`, `min(metrics.loss)`, `params.lr`. */
export function columnId({ kind, key, statistic }: ColumnRef): string {
  const plain = `${PREFIX[kind]}.${key}`;
  return statistic === "latest" ? plain : `${statistic}(${plain})`;
}

export function columnRef(id: string): ColumnRef | null {
  const wrapped = /^(min|max)\((.*)\)$/s.exec(id);
  const plain = wrapped ? wrapped[2]! : id;
  const dot = plain.indexOf(".");
  const kind = (Object.keys(PREFIX) as Kind[]).find((k) => PREFIX[k] === plain.slice(0, dot));
  const key = plain.slice(dot + 1);
  if (!kind || !key) return null;
  return { kind, key, statistic: (wrapped?.[1] as Statistic | undefined) ?? "latest" };
}

/** What a filter calls it: a key with odd letters in backticks. */
export function filterName({ kind, key }: ColumnRef): string {
  const plain = /^[A-Za-z_][\w.-]*$/.test(key) && !/^[\w.]*-/.test(key);
  const quoted = key.includes("`") ? `"${key}"` : `\`${key}\``;
  return `${PREFIX[kind]}.${plain ? key : quoted}`;
}

const ATTRIBUTE_TITLES: Record<string, string> = {
  run_name: "Run",
  start_time: "Started",
  end_time: "Ended",
  duration: "Duration",
  status: "Status",
  user_id: "User",
  run_id: "Run ID",
  experiment_id: "Experiment",
  artifact_uri: "Artifact URI",
  lifecycle_stage: "State",
  "mlflow.source.name": "Source",
  "mlflow.source.git.commit": "Version",
};

export function columnTitle(ref: ColumnRef): string {
  const title = ref.kind === "attribute" || ref.kind === "tag" ? ATTRIBUTE_TITLES[ref.key] : null;
  return `${title ?? ref.key}${ref.statistic === "latest" ? "" : ` (${ref.statistic})`}`;
}

export class NumberColumn {
  readonly form = "number";
  constructor(
    readonly values: Float64Array,
    private readonly present: Uint8Array | null,
  ) {}

  has(row: number): boolean {
    return !this.present || this.present[row] === 1;
  }

  /** The number; NaN if there is none. */
  number(row: number): number {
    return this.has(row) ? this.values[row]! : Number.NaN;
  }

  text(row: number): string | null {
    return this.has(row) ? String(this.values[row]) : null;
  }

  numbers(): Float64Array {
    if (!this.present) return this.values;
    return this.values.map((value, row) => (this.present![row] ? value : Number.NaN));
  }

  /** For sorting: missing values are NaN. */
  sortKeys(): Float64Array {
    return this.numbers();
  }

  pick(rows: number[]): NumberColumn {
    const present = this.present && Uint8Array.from(rows, (row) => this.present![row]!);
    return new NumberColumn(
      Float64Array.from(rows, (row) => this.values[row]!),
      present,
    );
  }

  /** Whether all rows have the same value, or none has one. */
  isConstant(): boolean {
    const first = this.values[0];
    for (let row = 0; row < this.values.length; row++) {
      if (this.has(row) !== this.has(0)) return false;
      if (this.has(row) && !Object.is(this.values[row], first)) return false;
    }
    return true;
  }
}

export class TextColumn {
  readonly form = "text";
  private asNumbers: Float64Array | null | undefined;

  constructor(
    readonly codes: Int32Array,
    readonly texts: string[],
  ) {}

  has(row: number): boolean {
    return this.codes[row]! >= 0;
  }

  text(row: number): string | null {
    return this.texts[this.codes[row]!] ?? null;
  }

  /** The text as a number, where all texts of the column are; else NaN. */
  number(row: number): number {
    return this.numbers()?.[row] ?? Number.NaN;
  }

  numbers(): Float64Array | null {
    if (this.asNumbers === undefined) {
      const distinct = numericTexts(this.texts);
      this.asNumbers =
        distinct && Float64Array.from(this.codes, (code) => distinct[code] ?? Number.NaN);
    }
    return this.asNumbers;
  }

  sortKeys(): Float64Array {
    const numbers = this.numbers();
    if (numbers) return numbers;
    const places = sortedRanks(this.texts);
    return Float64Array.from(this.codes, (code) => places[code] ?? Number.NaN);
  }

  pick(rows: number[]): TextColumn {
    return new TextColumn(
      Int32Array.from(rows, (row) => this.codes[row]!),
      this.texts,
    );
  }

  isConstant(): boolean {
    const first = this.codes[0];
    return this.codes.every((code) => code === first);
  }
}

export type Column = NumberColumn | TextColumn;

/** Runs, column by column. */
export class RunTable {
  constructor(
    readonly runIds: string[],
    readonly columns: Map<string, Column>,
  ) {}

  get rows(): number {
    return this.runIds.length;
  }

  column(id: string): Column | undefined {
    return this.columns.get(id);
  }

  text(id: string, row: number): string | null {
    return this.columns.get(id)?.text(row) ?? null;
  }

  number(id: string, row: number): number {
    return this.columns.get(id)?.number(row) ?? Number.NaN;
  }

  /** A table of these rows only, in this order. */
  pick(rows: number[]): RunTable {
    const columns = new Map<string, Column>();
    for (const [id, column] of this.columns) columns.set(id, column.pick(rows));
    return new RunTable(
      rows.map((row) => this.runIds[row]!),
      columns,
    );
  }
}

export function runTable(answer: Table, now: number): RunTable {
  const { header } = answer;
  const columns = new Map<string, Column>();
  for (const told of header.columns) {
    const column =
      told.form === "number"
        ? new NumberColumn(
            answer.doubles(told.values),
            told.present && (answer.numbers(told.present) as Uint8Array),
          )
        : new TextColumn(answer.numbers(told.codes) as Int32Array, answer.texts(told.texts));
    columns.set(columnId(told), column);
  }
  const started = columns.get("attributes.start_time");
  const ended = columns.get("attributes.end_time");
  if (started && ended) columns.set("attributes.duration", durations(started, ended, now));
  return new RunTable(answer.texts(header.run_ids), columns);
}

/** How long each run took, or has been running. */
export function durations(started: Column, ended: Column, now: number): NumberColumn {
  const rows = started.form === "number" ? started.values.length : started.codes.length;
  const values = new Float64Array(rows);
  const present = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    if (!started.has(row) || !started.number(row)) continue;
    values[row] = (ended.has(row) ? ended.number(row) : now) - started.number(row);
    present[row] = 1;
  }
  return new NumberColumn(values, present);
}
