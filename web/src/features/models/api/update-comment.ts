import { call } from "@/lib/http";

export const updateComment = (id: string, comment: string) =>
  call("PATCH", "ajax-api/2.0/mlflow/comments/update", { id, comment });
