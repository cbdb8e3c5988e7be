import { post } from "@/lib/http";

export const renameModel = (name: string, new_name: string) =>
  post("ajax-api/2.0/mlflow/registered-models/rename", { name, new_name });
