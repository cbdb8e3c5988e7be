import { queryOptions } from "@tanstack/react-query";
import { post } from "@/lib/http";

export interface DatasetSummary {
  experiment_id: string;
  name: string;
  digest: string;
  context?: string;
}

export const datasetsQuery = (experimentIds: string[]) =>
  queryOptions({
    queryKey: ["datasets", experimentIds],
    queryFn: async ({ signal }) =>
      (
        await post<{ dataset_summaries?: DatasetSummary[] }>(
          "ajax-api/2.0/mlflow/experiments/search-datasets",
          { experiment_ids: experimentIds.slice(0, 20) },
          signal,
        )
      ).dataset_summaries ?? [],
    staleTime: 60_000,
  });
