import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type Storage = components["schemas"]["StorageAnswer"];

/** Where new files go, the limits, and how much is held. */
export const storageQuery = () =>
  queryOptions({
    queryKey: ["storage"],
    queryFn: ({ signal }) => get<Storage>("api/v1/storage", {}, signal),
  });
