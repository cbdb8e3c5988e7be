import { post } from "@/lib/http";

export const deleteExperimentTag = (experiment_id: string, key: string) =>
  post("ajax-api/2.0/mlflow/experiments/delete-experiment-tag", { experiment_id, key });
