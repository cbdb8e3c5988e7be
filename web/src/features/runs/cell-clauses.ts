import { quoted } from "@/lib/filters";
import type { Column, ColumnRef } from "@/lib/run-columns";

/** The filters that keep, or leave out, the runs that are like one cell. */
export function cellClauses(
  ref: ColumnRef,
  name: string,
  column: Column,
  row: number,
): { only: string | null; not: string | null } {
  const nothing = { only: null, not: null };
  if (ref.statistic !== "latest" || (ref.kind === "attribute" && NOT_SEARCHED.has(ref.key))) {
    return nothing;
  }
  if (!column.has(row)) return { only: `${name} IS NULL`, not: `${name} IS NOT NULL` };
  if (column.form === "number") {
    const value = column.number(row);
    if (!Number.isFinite(value)) return nothing;
    const isTime = ref.kind === "attribute";
    if (isTime) return { only: `${name} >= ${value}`, not: `${name} < ${value}` };
    return { only: `${name} = ${value}`, not: `${name} != ${value}` };
  }
  const text = column.text(row) ?? "";
  if (text.length > 250 || (text.includes("'") && text.includes('"'))) return nothing;
  return { only: `${name} = ${quoted(text)}`, not: `${name} != ${quoted(text)}` };
}

const NOT_SEARCHED = new Set(["duration", "experiment_id", "lifecycle_stage"]);
