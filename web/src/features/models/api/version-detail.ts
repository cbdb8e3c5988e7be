import { queryOptions } from "@tanstack/react-query";
import { get, pathOf } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type VersionDetail = components["schemas"]["VersionDetail"];

/** What is said of a version, and what uses it. */
export const versionDetailQuery = (name: string, version: string) =>
  queryOptions({
    queryKey: ["models", "detail", name, version],
    queryFn: ({ signal }) =>
      get<VersionDetail>(`api/v1/models/${pathOf(name)}/versions/${pathOf(version)}`, {}, signal),
  });
