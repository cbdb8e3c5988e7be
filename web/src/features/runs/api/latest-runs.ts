import { queryOptions } from "@tanstack/react-query";
import { columnRef, type RunTable } from "@/lib/run-columns";
import { fetchRunTable } from "./run-table";

export interface Latest {
  /** How many are running now, 1,000 at most. */
  running: number;
  table: RunTable;
}

const SHOWN = 12;
const MOST_RUNNING = 1_000;
const COLUMNS = ["run_name", "experiment_id", "status", "start_time", "user_id"];

/** The latest runs of some experiments, and how many are running. */
export const latestRunsQuery = (experimentIds: string[]) =>
  queryOptions({
    queryKey: ["runs", "latest of all", experimentIds],
    queryFn: async ({ signal }): Promise<Latest> => {
      const ask = (columns: string[], filter: string, maxRows: number) =>
        fetchRunTable(
          {
            experimentIds,
            columns: columns.map((key) => columnRef(`attributes.${key}`)!),
            filter,
            view: "ACTIVE_ONLY",
            orderBy: ["attributes.start_time DESC"],
            maxRows,
          },
          signal,
        );
      const [latest, running] = await Promise.all([
        ask(COLUMNS, "", SHOWN),
        ask(["run_name"], "attributes.status = 'RUNNING'", MOST_RUNNING),
      ]);
      return { table: latest.table, running: running.table.rows };
    },
    refetchInterval: 10_000,
  });
