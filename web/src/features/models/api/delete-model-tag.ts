import { call } from "@/lib/http";

export const deleteModelTag = (name: string, key: string) =>
  call("DELETE", "ajax-api/2.0/mlflow/registered-models/delete-tag", { name, key });
