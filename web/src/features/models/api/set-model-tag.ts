import { post } from "@/lib/http";

export const setModelTag = (name: string, key: string, value: string) =>
  post("ajax-api/2.0/mlflow/registered-models/set-tag", { name, key, value });
