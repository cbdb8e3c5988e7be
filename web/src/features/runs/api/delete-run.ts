import { post } from "@/lib/http";

export const deleteRun = (run_id: string) => post("ajax-api/2.0/mlflow/runs/delete", { run_id });
