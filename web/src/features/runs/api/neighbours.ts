import { queryOptions } from "@tanstack/react-query";
import { columnRef } from "@/lib/run-columns";
import { fetchRunTable } from "./run-table";

const MOST = 200;

/** The latest runs of an experiment, by id and name. */
export const neighboursQuery = (experimentId: string) =>
  queryOptions({
    queryKey: ["runs", "latest", experimentId],
    queryFn: async ({ signal }): Promise<[id: string, name: string][]> => {
      const { table } = await fetchRunTable(
        {
          experimentIds: [experimentId],
          columns: [columnRef("attributes.run_name")!],
          filter: "",
          view: "ACTIVE_ONLY",
          orderBy: ["attributes.start_time DESC"],
          maxRows: MOST,
        },
        signal,
      );
      return table.runIds.map((id, row) => [
        id,
        table.text("attributes.run_name", row) || id.slice(0, 8),
      ]);
    },
    staleTime: 10_000,
  });
