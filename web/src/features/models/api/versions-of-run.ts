import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { ModelVersion } from "@/lib/mlflow";

/** The model versions made from a run. */
export const versionsOfRunQuery = (runId: string) =>
  queryOptions({
    queryKey: ["models", "versions of run", runId],
    queryFn: async ({ signal }) =>
      (
        await get<{ model_versions?: ModelVersion[] }>(
          "ajax-api/2.0/mlflow/model-versions/search",
          { filter: `run_id = '${runId}'`, max_results: 200 },
          signal,
        )
      ).model_versions ?? [],
    retry: false,
    staleTime: 30_000,
  });
