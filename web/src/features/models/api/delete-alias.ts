import { call } from "@/lib/http";

export const deleteAlias = (name: string, alias: string) =>
  call("DELETE", "ajax-api/2.0/mlflow/registered-models/alias", { name, alias });
