import { post } from "@/lib/http";

export const deleteExperiment = (experiment_id: string) =>
  post("ajax-api/2.0/mlflow/experiments/delete", { experiment_id });
