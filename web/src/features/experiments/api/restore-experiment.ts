import { post } from "@/lib/http";

export const restoreExperiment = (experiment_id: string) =>
  post("ajax-api/2.0/mlflow/experiments/restore", { experiment_id });
