import { useMemo } from "react";
import { type Brushes, isKept } from "@/components/charts/parallel";
import { type Axis, axisOf } from "@/lib/axes";
import type { RunTable } from "@/lib/run-columns";

export interface Kept {
  /** The runs inside every brush. */
  ids: ReadonlySet<string>;
  /** A table of them alone. */
  table: RunTable;
}

/** What the brushes of all views leave. */
export function useKept(table: RunTable | undefined, brushes: Brushes): Kept | undefined {
  return useMemo(() => {
    if (!table) return undefined;
    const axes = [...brushes.keys()]
      .map((id) => axisOf(table, id))
      .filter((axis): axis is Axis => axis !== null);
    const rows = table.runIds.map((_, row) => row).filter((row) => isKept(row, axes, brushes));
    const isAll = rows.length === table.rows;
    return {
      ids: new Set(rows.map((row) => table.runIds[row]!)),
      table: isAll ? table : table.pick(rows),
    };
  }, [table, brushes]);
}
