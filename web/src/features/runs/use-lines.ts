import { useCallback, useMemo, useState } from "react";
import { flatLines, groupedLines, type Line, nestedLines, sortedRows } from "@/lib/run-order";
import type { Runs } from "./use-run-table";
import { type RunsView, sortOf } from "./view";

export interface Lines {
  lines: Line[];
  /** The rows that are in the table, in order, whatever is folded. */
  order: Uint32Array;
  closed: ReadonlySet<string>;
  toggle: (id: string) => void;
  runIds: () => string[];
}

const NO_ROWS = new Uint32Array();

/** The table's rows as lines: in order, in groups or below their parents. */
export function useLines(
  runs: Runs,
  view: RunsView,
  registered: ReadonlySet<string> | null,
): Lines {
  const { table } = runs;
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((id: string) => {
    setClosed((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const { sort, model } = view;
  const order = useMemo(() => {
    if (!table) return NO_ROWS;
    const rows = sortedRows(table, sortOf({ sort }));
    if (!model || !registered) return rows;
    return rows.filter((row) => registered.has(table.runIds[row]!) === (model === "with"));
  }, [table, sort, model, registered]);
  // Sorted by a figure, the best stands on top: not below a parent that has no such figure.
  const isNested = view.nest ? view.nest === "on" : !sort;
  const lines = useMemo(() => {
    if (!table) return [];
    if (view.group) return groupedLines(table, order, view.group, closed);
    return isNested ? nestedLines(table, order, closed) : flatLines(order);
  }, [table, order, view.group, isNested, closed]);
  const runIds = useCallback(
    () => (table ? Array.from(order, (row) => table.runIds[row]!) : []),
    [table, order],
  );
  return { lines, order, closed, toggle, runIds };
}
