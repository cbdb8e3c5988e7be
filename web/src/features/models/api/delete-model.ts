import { call } from "@/lib/http";

export const deleteModel = (name: string) =>
  call("DELETE", "ajax-api/2.0/mlflow/registered-models/delete", { name });
