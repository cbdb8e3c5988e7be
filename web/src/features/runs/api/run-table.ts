import { postForColumns } from "@/lib/http";
import { type ColumnRef, type RunTable, runTable } from "@/lib/run-columns";
import type { View } from "./run-keys";

export interface RunQuestion {
  experimentIds: string[];
  columns: ColumnRef[];
  filter: string;
  view: View;
  orderBy: string[];
  maxRows?: number;
}

const MOST_COLUMNS = 200;

/** Runs that match, column by column; more columns than one request takes come in several. */
export async function fetchRunTable(
  asked: RunQuestion,
  signal?: AbortSignal,
): Promise<{ table: RunTable; tookMs: number }> {
  const begun = performance.now();
  const parts: ColumnRef[][] = [];
  for (let from = 0; from === 0 || from < asked.columns.length; from += MOST_COLUMNS) {
    parts.push(asked.columns.slice(from, from + MOST_COLUMNS));
  }
  const tables = await Promise.all(
    parts.map(async (columns) => {
      const { table } = await postForColumns(
        "api/v1/columns",
        {
          experiment_ids: asked.experimentIds,
          columns: columns.map(({ kind, key, statistic }) => ({ kind, key, statistic })),
          filter: asked.filter,
          view: asked.view,
          order_by: asked.orderBy,
          ...(asked.maxRows ? { max_rows: asked.maxRows } : {}),
        },
        signal,
      );
      return runTable(table, Date.now());
    }),
  );
  const [first, ...others] = tables as [RunTable, ...RunTable[]];
  for (const other of others) {
    // Runs may have come between two answers; then the columns would not be of the same rows.
    if (other.runIds.length !== first.rows || other.runIds[0] !== first.runIds[0]) {
      return fetchRunTable(asked, signal);
    }
    for (const [id, column] of other.columns) first.columns.set(id, column);
  }
  return { table: first, tookMs: performance.now() - begun };
}
