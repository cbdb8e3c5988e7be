import { fetchRunTable } from "@/features/runs/api/run-table";
import { columnRef } from "@/lib/run-columns";

export interface FoundRun {
  runId: string;
  name: string;
  experimentId: string;
}

/** Runs whose name has the text in it, or whose id begins with it; the latest first. */
export async function findRuns(
  experimentIds: string[],
  text: string,
  signal: AbortSignal,
): Promise<FoundRun[]> {
  const like = text.replaceAll("'", "_").replaceAll("%", "_");
  const byName = `attributes.run_name ILIKE '%${like}%'`;
  const byId = /^[0-9a-f]{4,32}$/.test(text) ? ` OR attributes.run_id LIKE '${text}%'` : "";
  const { table } = await fetchRunTable(
    {
      experimentIds,
      columns: ["attributes.run_name", "attributes.experiment_id"].map((id) => columnRef(id)!),
      filter: byName + byId,
      view: "ACTIVE_ONLY",
      orderBy: [],
      maxRows: 10,
    },
    signal,
  );
  return table.runIds.map((runId, row) => ({
    runId,
    name: table.text("attributes.run_name", row) || runId,
    experimentId: table.text("attributes.experiment_id", row) ?? "0",
  }));
}
