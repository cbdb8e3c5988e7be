import { call } from "@/lib/http";

export const describeVersion = (name: string, version: string, description: string) =>
  call("PATCH", "ajax-api/2.0/mlflow/model-versions/update", { name, version, description });
