import { call } from "@/lib/http";

export const turnWebhook = (id: string, status: "ACTIVE" | "DISABLED") =>
  call("PATCH", `api/v1/webhooks/${id}/${status}`);
