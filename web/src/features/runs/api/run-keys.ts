import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { post } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type Keys = components["schemas"]["KeysAnswer"];
export type Key = components["schemas"]["KeyAnswer"];
export type View = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

/** Every key of the experiments' runs, and what values there are. */
export const keysQuery = (experimentIds: string[], view: View = "ACTIVE_ONLY") =>
  queryOptions({
    queryKey: ["keys", experimentIds, view],
    queryFn: ({ signal }) =>
      post<Keys>("api/v1/keys", { experiment_ids: experimentIds, view }, signal),
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });
