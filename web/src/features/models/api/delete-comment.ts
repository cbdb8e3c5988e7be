import { call } from "@/lib/http";

export const deleteComment = (id: string) =>
  call("DELETE", "ajax-api/2.0/mlflow/comments/delete", { id });
