/** What the parts of the table of runs share. */

import type { Direction } from "@/lib/directions";
import type { Column, RunTable } from "@/lib/run-columns";
import type { Line } from "@/lib/run-order";

export interface GridColumn {
  id: string;
  width: number;
  isPinned: boolean;
  /** Where it begins, from the left end of the table. */
  left: number;
  isRight: boolean;
  data: Column | undefined;
  /** Of a metric: which way it is better. */
  better?: Direction;
  /** Of a metric: the row with the best value. */
  best: number;
}

export interface GridState {
  table: RunTable;
  columns: GridColumn[];
  colors: Map<string, string>;
  names: Map<string, string>;
  now: number;
}

/** The columns that are in sight, pinned ones first. */
export interface Shown {
  columns: GridColumn[];
  /** What is left out between the pinned and the others. */
  gap: number;
  /** Of all columns together. */
  width: number;
}

/** What is marked on a row. */
export interface RowMarks {
  isChosen: boolean;
  /** Some of a group. */
  isSome: boolean;
  isCurrent: boolean;
  isClosed: boolean;
  isHidden: boolean;
}

export const ROW_PX = 28;
export const HEAD_PX = 59;
export const NAME_PX = 236;
const WIDTHS: Record<string, number> = {
  "attributes.run_name": NAME_PX,
  "attributes.start_time": 92,
  "attributes.duration": 96,
  "attributes.status": 92,
  "attributes.run_id": 250,
};

export function widthOf(id: string, data: Column | undefined): number {
  if (WIDTHS[id]) return WIDTHS[id];
  const title = 7.4 * (id.length - id.indexOf(".") - 1) + 24;
  const least = data && (data.form === "number" || data.numbers()) ? 96 : 120;
  return Math.round(Math.min(Math.max(title, least), 190));
}

export function isLineChosen(line: Line, runIds: string[], chosen: ReadonlySet<string>): boolean {
  if (!chosen.size) return false;
  if (line.group) return line.group.rows.every((row) => chosen.has(runIds[row]!));
  return chosen.has(runIds[line.row]!);
}
