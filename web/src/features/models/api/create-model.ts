import { post } from "@/lib/http";

export const createModel = (name: string) =>
  post("ajax-api/2.0/mlflow/registered-models/create", { name });
