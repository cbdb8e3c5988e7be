import { queryOptions } from "@tanstack/react-query";
import { get, isGone } from "@/lib/http";
import type { Run } from "@/lib/mlflow";

/** The run that a version came from; null if it names none, or one that is gone. */
export const runOfVersionQuery = (runId: string | undefined) =>
  queryOptions({
    queryKey: ["run", "of version", runId ?? ""],
    queryFn: async ({ signal }): Promise<Run | null> => {
      if (!runId) return null;
      try {
        const path = "ajax-api/2.0/mlflow/runs/get";
        return (await get<{ run: Run }>(path, { run_id: runId }, signal)).run;
      } catch (error) {
        if (isGone(error)) return null;
        throw error;
      }
    },
  });
