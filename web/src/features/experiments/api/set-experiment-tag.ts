import { post } from "@/lib/http";

export const setExperimentTag = (experiment_id: string, key: string, value: string) =>
  post("ajax-api/2.0/mlflow/experiments/set-experiment-tag", { experiment_id, key, value });
