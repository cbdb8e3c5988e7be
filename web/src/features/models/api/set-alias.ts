import { post } from "@/lib/http";

export const setAlias = (name: string, alias: string, version: string) =>
  post("ajax-api/2.0/mlflow/registered-models/alias", { name, alias, version });
