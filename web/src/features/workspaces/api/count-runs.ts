import { queryOptions } from "@tanstack/react-query";
import { get, isNotServed, pathOf } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type ExperimentRuns = components["schemas"]["ExperimentRuns"];

/** How many runs each experiment has; none on a server that does not count them. */
export const runCountsQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["workspaces", "runs", workspace],
    queryFn: async ({ signal }): Promise<ExperimentRuns[]> => {
      try {
        return await get(`api/v1/workspaces/${pathOf(workspace)}/runs`, {}, signal);
      } catch (error) {
        if (isNotServed(error)) return [];
        throw error;
      }
    },
    staleTime: 10_000,
  });
