import { useCallback, useMemo, useState } from "react";
import type { Direction } from "@/lib/directions";
import { columnRef, type RunTable } from "@/lib/run-columns";
import { NAME } from "../default-columns";
import type { Runs } from "../use-run-table";
import type { RunsView, SetView } from "../view";
import { type GridColumn, widthOf } from "./grid-parts";

/** The columns with their places; and what is the same in all rows, which needs no column. */
export function useGridColumns(
  runs: Runs,
  order: Uint32Array,
  view: RunsView,
  setView: SetView,
  directionOf: (metric: string) => Direction,
): {
  columns: GridColumn[];
  folded: [string, string][];
  resize: (id: string, width: number, isDone: boolean) => void;
} {
  const { table, columns: ids, choice } = runs;
  const [resizing, setResizing] = useState<Record<string, number>>({});
  const { widths, pin, cols, sort } = view;
  const folded = useMemo(() => {
    const found: [string, string][] = [];
    if (!table || cols) return found;
    for (const id of ids) {
      const column = table.column(id);
      const kind = columnRef(id)?.kind;
      if ((kind === "param" || kind === "metric") && table.rows > 1 && column?.isConstant()) {
        found.push([id, column.text(0) ?? "nothing"]);
      }
    }
    return found;
  }, [table, ids, cols]);
  const columns = useMemo(() => {
    const away = new Set(folded.map(([id]) => id).filter((id) => sort?.startsWith(id) !== true));
    const shown = [NAME, ...ids.filter((id) => id !== NAME && !away.has(id))];
    const isPinned = (id: string) => id === NAME || (pin?.includes(id) ?? false);
    const inOrder = [...shown.filter(isPinned), ...shown.filter((id) => !isPinned(id))];
    let left = 0;
    return inOrder.map((id): GridColumn => {
      const data = table?.column(id);
      const width = resizing[id] ?? widths?.[id] ?? widthOf(id, data);
      const ref = columnRef(id);
      const isNumber = data !== undefined && ref?.kind !== "attribute" && data.numbers() !== null;
      const better = ref?.kind === "metric" ? directionOf(ref.key) : undefined;
      const column = {
        id,
        width,
        isPinned: isPinned(id),
        left,
        isRight: isNumber || id === "attributes.duration",
        data,
        better,
        best: table && better ? bestRow(table, order, id, better) : -1,
      };
      left += width;
      return column;
    });
  }, [table, order, ids, folded, pin, widths, resizing, sort, directionOf]);
  const resize = useCallback(
    (id: string, width: number, isDone: boolean) => {
      if (isDone) {
        setView({ widths: { ...widths, [id]: Math.round(width) } });
        setResizing({});
      } else setResizing({ [id]: width });
    },
    [setView, widths],
  );
  const same = useMemo(
    () => [...folded.map(([id, value]): [string, string] => [columnRef(id)!.key, value])],
    [folded],
  );
  const listed = cols ? [] : [...choice.same, ...same];
  return { columns, folded: listed, resize };
}

/** The row with the best value of a metric; -1 if none is better than another. */
function bestRow(table: RunTable, order: Uint32Array, id: string, better: Direction): number {
  const column = table.column(id);
  if (!column) return -1;
  const sign = better === "min" ? -1 : 1;
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  let differ = false;
  for (const row of order) {
    const value = sign * column.number(row);
    if (best >= 0 && value < most) differ = true;
    if (value > most) {
      differ = differ || best >= 0;
      most = value;
      best = row;
    }
  }
  return differ ? best : -1;
}
