import { post } from "@/lib/http";

export const renameExperiment = (experiment_id: string, new_name: string) =>
  post("ajax-api/2.0/mlflow/experiments/update", { experiment_id, new_name });
