import { post } from "@/lib/http";

export const createExperiment = (name: string) =>
  post<{ experiment_id: string }>("ajax-api/2.0/mlflow/experiments/create", { name });
