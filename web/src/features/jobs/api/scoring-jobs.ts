import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type ScoringJob = components["schemas"]["ScoringAnswer"];

/** The tables that the server scores, the last started first; asked again while one is running. */
export const scoringJobsQuery = () =>
  queryOptions({
    queryKey: ["scoring"],
    queryFn: ({ signal }) => get<ScoringJob[]>("api/v1/scoring", {}, signal),
    refetchInterval: (query) =>
      query.state.data?.some(({ status }) => status === "running") ? 2_000 : false,
  });
