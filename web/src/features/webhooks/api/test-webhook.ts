import { post } from "@/lib/http";
import type { components } from "@/lib/openapi";

export const testWebhook = (id: string) =>
  post<components["schemas"]["TestAnswer"]>(`api/v1/webhooks/${id}/test`, {});
