import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type AuditEntry = components["schemas"]["AuditEntry"];

/** What was deleted or changed, the latest first. */
export const auditQuery = (limit: number) =>
  queryOptions({
    queryKey: ["audit", limit],
    queryFn: ({ signal }) => get<AuditEntry[]>("api/v1/audit", { limit }, signal),
  });
