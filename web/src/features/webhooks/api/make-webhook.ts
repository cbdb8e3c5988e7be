import { post } from "@/lib/http";
import type { components } from "@/lib/openapi";

export const makeWebhook = (asked: components["schemas"]["MakeWebhook"]) =>
  post("api/v1/webhooks", asked);
