import { post } from "@/lib/http";

export const moveVersion = (name: string, version: string, stage: string) =>
  post("ajax-api/2.0/mlflow/model-versions/transition-stage", {
    name,
    version,
    stage,
    archive_existing_versions: stage === "Production",
  });
