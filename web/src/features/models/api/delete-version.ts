import { call } from "@/lib/http";

export const deleteVersion = (name: string, version: string) =>
  call("DELETE", "ajax-api/2.0/mlflow/model-versions/delete", { name, version });
