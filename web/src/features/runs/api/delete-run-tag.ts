import { post } from "@/lib/http";

export const deleteRunTag = (run_id: string, key: string) =>
  post("ajax-api/2.0/mlflow/runs/delete-tag", { run_id, key });
