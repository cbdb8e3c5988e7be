import { post } from "@/lib/http";

export const renameRun = (run_id: string, run_name: string) =>
  post("ajax-api/2.0/mlflow/runs/update", { run_id, run_name });
