import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type Setting = components["schemas"]["SettingAnswer"];

/** Every setting of the server, with what it does and what it is. */
export const settingsQuery = () =>
  queryOptions({
    queryKey: ["settings"],
    queryFn: ({ signal }) => get<Setting[]>("api/v1/settings", {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
