import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { Experiment } from "@/lib/mlflow";

export const experimentQuery = (id: string) =>
  queryOptions({
    queryKey: ["experiment", id],
    queryFn: async ({ signal }) =>
      (
        await get<{ experiment: Experiment }>(
          "ajax-api/2.0/mlflow/experiments/get",
          { experiment_id: id },
          signal,
        )
      ).experiment,
  });
