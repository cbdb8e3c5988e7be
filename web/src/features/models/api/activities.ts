import { queryOptions } from "@tanstack/react-query";
import { get, pathOf } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type Activity = components["schemas"]["ActivityAnswer"];

/** What was done to a model, or to one version of it, the latest first. */
export const activitiesQuery = (name: string, version?: string, limit = 100) =>
  queryOptions({
    queryKey: ["models", "activities", name, version, limit],
    queryFn: ({ signal }) =>
      get<Activity[]>(`api/v1/models/${pathOf(name)}/activities`, { version, limit }, signal),
  });
