import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type Events = components["schemas"]["EventsAnswer"];

/** What a webhook can be told of, in the words of each dialect. */
export const eventsQuery = () =>
  queryOptions({
    queryKey: ["webhooks", "events"],
    queryFn: ({ signal }) => get<Events[]>("api/v1/webhooks/events", {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
