import { post } from "@/lib/http";

export const answerRequest = (
  name: string,
  version: string,
  stage: string,
  answer: "approve" | "reject",
) => post(`ajax-api/2.0/mlflow/transition-requests/${answer}`, { name, version, stage });
