import { post } from "@/lib/http";

export const restoreRun = (run_id: string) => post("ajax-api/2.0/mlflow/runs/restore", { run_id });
