import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { ModelVersion } from "@/lib/mlflow";

export const versionQuery = (name: string, version: string) =>
  queryOptions({
    queryKey: ["models", "version", name, version],
    queryFn: async ({ signal }) =>
      (
        await get<{ model_version: ModelVersion }>(
          "ajax-api/2.0/mlflow/model-versions/get",
          { name, version },
          signal,
        )
      ).model_version,
  });
