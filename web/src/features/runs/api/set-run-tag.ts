import { post } from "@/lib/http";

export const setRunTag = (run_id: string, key: string, value: string) =>
  post("ajax-api/2.0/mlflow/runs/set-tag", { run_id, key, value });
