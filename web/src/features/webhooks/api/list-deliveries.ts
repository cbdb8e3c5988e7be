import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type Delivery = components["schemas"]["DeliveryAnswer"];

/** What a webhook was told, the latest first; asked again, as messages are sent by and by. */
export const deliveriesQuery = (id: string) =>
  queryOptions({
    queryKey: ["webhooks", "deliveries", id],
    queryFn: ({ signal }) =>
      get<Delivery[]>(`api/v1/webhooks/${id}/deliveries`, { limit: 20 }, signal),
    refetchInterval: 5_000,
  });
