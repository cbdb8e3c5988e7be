import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { RegisteredModel } from "@/lib/mlflow";

export const modelQuery = (name: string) =>
  queryOptions({
    queryKey: ["models", "model", name],
    queryFn: async ({ signal }) =>
      (
        await get<{ registered_model: RegisteredModel }>(
          "ajax-api/2.0/mlflow/registered-models/get",
          { name },
          signal,
        )
      ).registered_model,
  });
