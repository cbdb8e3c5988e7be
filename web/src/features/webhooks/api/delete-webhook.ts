import { call } from "@/lib/http";

export const deleteWebhook = (id: string) => call("DELETE", `api/v1/webhooks/${id}`);
