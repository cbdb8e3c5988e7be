import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { Run } from "@/lib/mlflow";

export const fetchRun = async (runId: string, signal?: AbortSignal) =>
  (await get<{ run: Run }>("ajax-api/2.0/mlflow/runs/get", { run_id: runId }, signal)).run;

export const runQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run", runId],
    queryFn: ({ signal }) => fetchRun(runId, signal),
    refetchInterval: (query) => (query.state.data?.info.status === "RUNNING" ? 4_000 : false),
  });
