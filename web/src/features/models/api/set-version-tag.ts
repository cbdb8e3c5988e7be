import { post } from "@/lib/http";

export const setVersionTag = (name: string, version: string, key: string, value: string) =>
  post("ajax-api/2.0/mlflow/model-versions/set-tag", { name, version, key, value });
