import { post } from "@/lib/http";

export const requestTransition = (name: string, version: string, stage: string, comment: string) =>
  post("ajax-api/2.0/mlflow/transition-requests/create", { name, version, stage, comment });
