import { queryOptions } from "@tanstack/react-query";
import { get, pathOf } from "@/lib/http";
import type { components } from "@/lib/openapi";

export type Gate = components["schemas"]["GateAnswer"];

/** The rules that moving the aliases of a model is held to. */
export const gatesQuery = (name: string) =>
  queryOptions({
    queryKey: ["models", "gates", name],
    queryFn: ({ signal }) => get<Gate[]>(`api/v1/models/${pathOf(name)}/gates`, {}, signal),
  });
