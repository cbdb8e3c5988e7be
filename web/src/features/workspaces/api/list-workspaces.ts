import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { components } from "@/lib/openapi";

/** All workspaces of the server, by name. */
export const workspacesQuery = () =>
  queryOptions({
    queryKey: ["workspaces"],
    queryFn: ({ signal }) =>
      get<components["schemas"]["Workspace"][]>("api/v1/workspaces", {}, signal),
    staleTime: 60_000,
  });
