import { post } from "@/lib/http";
import type { ModelVersion } from "@/lib/mlflow";

export const createVersion = (name: string, source: string, run_id: string, model_id?: string) =>
  post<{ model_version: ModelVersion }>("ajax-api/2.0/mlflow/model-versions/create", {
    name,
    source,
    run_id,
    model_id,
  });
