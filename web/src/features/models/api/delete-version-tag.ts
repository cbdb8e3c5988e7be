import { call } from "@/lib/http";

export const deleteVersionTag = (name: string, version: string, key: string) =>
  call("DELETE", "ajax-api/2.0/mlflow/model-versions/delete-tag", { name, version, key });
