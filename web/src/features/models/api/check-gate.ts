import { pathOf, post } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type Verdict = components["schemas"]["VerdictAnswer"];

/** What a gate says of a version, or a rule that is to become one; nothing is moved. */
export const checkGate = (
  name: string,
  alias: string,
  version: string,
  rule?: string,
  signal?: AbortSignal,
) =>
  post<Verdict>(
    `api/v1/models/${pathOf(name)}/gates/${pathOf(alias)}/check`,
    { version, ...(rule === undefined ? {} : { rule }) },
    signal,
  );
