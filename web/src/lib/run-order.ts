/** In which order, groups and nesting the rows of a table of runs are shown. */

import type { RunTable } from "./run-columns";
import { summarize } from "./statistics";

export interface Sort {
  column: string;
  descending: boolean;
}

/** One line of the table: a run, at a depth below its parents, or the head of a group. */
export type Line = RunLine | { row: -1; group: Group };

export interface RunLine {
  row: number;
  depth: number;
  children: number;
  group?: undefined;
}

export interface Group {
  id: string;
  label: string;
  rows: number[];
  isOpen: boolean;
}

/**
 * The rows in order. As everywhere, missing values come last however it is sorted, NaN just before
 * them; equal ones stay in the order they came.
 */
export function sortedRows(table: RunTable, sort: Sort | null): Uint32Array {
  const order = Uint32Array.from({ length: table.rows }, (_, row) => row);
  const column = sort && table.column(sort.column);
  if (!column) return order;
  const keys = column.sortKeys();
  const sign = sort.descending ? -1 : 1;
  return order.sort((one, other) => {
    const a = keys[one]!;
    const b = keys[other]!;
    if (a < b) return -sign;
    if (a > b) return sign;
    if (a === b) return one - other;
    const lackOne = !Number.isNaN(a) ? 0 : column.has(one) ? 1 : 2;
    const lackOther = !Number.isNaN(b) ? 0 : column.has(other) ? 1 : 2;
    return lackOne - lackOther || one - other;
  });
}

/** Lines of a plain table: every run by itself. */
export function flatLines(order: Iterable<number>): Line[] {
  return Array.from(order, (row) => ({ row, depth: 0, children: 0 }));
}

/** Lines with children below their parents; a run whose parent is not here stands by itself. */
export function nestedLines(
  table: RunTable,
  order: ArrayLike<number>,
  closed: ReadonlySet<string>,
): Line[] {
  const parents = table.column("tags.mlflow.parentRunId");
  if (!parents) return flatLines(Array.from(order));
  const rowOf = new Map<string, number>();
  for (let i = 0; i < order.length; i++) rowOf.set(table.runIds[order[i]!]!, order[i]!);
  const children = new Map<number, number[]>();
  const roots: number[] = [];
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    const parent = rowOf.get(parents.text(row) ?? "");
    if (parent === undefined || parent === row) roots.push(row);
    else if (children.has(parent)) children.get(parent)!.push(row);
    else children.set(parent, [row]);
  }
  if (!children.size) return flatLines(roots);
  const lines: Line[] = [];
  const seen = new Set<number>();
  const add = (row: number, depth: number) => {
    if (seen.has(row)) return;
    seen.add(row);
    const below = children.get(row) ?? [];
    lines.push({ row, depth, children: below.length });
    if (closed.has(table.runIds[row]!)) for (const child of below) markSeen(child);
    else for (const child of below) add(child, depth + 1);
  };
  const markSeen = (row: number) => {
    if (seen.has(row)) return;
    seen.add(row);
    for (const child of children.get(row) ?? []) markSeen(child);
  };
  for (const row of roots) add(row, 0);
  // Runs that are each other's parents hang below no root.
  for (let i = 0; i < order.length; i++) add(order[i]!, 0);
  return lines;
}

/** Lines in groups of equal values of a column; groups in the order of their best run. */
export function groupedLines(
  table: RunTable,
  order: ArrayLike<number>,
  by: string,
  closed: ReadonlySet<string>,
): Line[] {
  const column = table.column(by);
  const groups = new Map<string, Group>();
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    const text = column?.text(row) ?? null;
    const id = text ?? "\0";
    let group = groups.get(id);
    if (!group) {
      group = { id, label: text ?? "none", rows: [], isOpen: !closed.has(id) };
      groups.set(id, group);
    }
    group.rows.push(row);
  }
  const lines: Line[] = [];
  for (const group of groups.values()) {
    lines.push({ row: -1, group });
    if (group.isOpen) lines.push(...flatLines(group.rows));
  }
  return lines;
}

/** Mean and spread of a column over the rows of a group; null where there is no number. */
export function groupSummary(table: RunTable, id: string, rows: number[]) {
  const column = table.column(id);
  if (!column || (column.form === "text" && !column.numbers())) return null;
  const found = summarize(rows.map((row) => column.number(row)));
  return found.count ? found : null;
}
