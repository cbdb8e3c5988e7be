import { call } from "@/lib/http";

export const describeModel = (name: string, description: string) =>
  call("PATCH", "ajax-api/2.0/mlflow/registered-models/update", { name, description });
