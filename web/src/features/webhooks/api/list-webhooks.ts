import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type Webhook = components["schemas"]["WebhookAnswer"];

/** The addresses that are told what happens in the registry, the newest first. */
export const webhooksQuery = () =>
  queryOptions({
    queryKey: ["webhooks"],
    queryFn: ({ signal }) => get<Webhook[]>("api/v1/webhooks", {}, signal),
  });
