import { queryOptions } from "@tanstack/react-query";
import { get, isNotServed } from "@/lib/http";

export interface TransitionRequest {
  to_stage: string;
  comment?: string;
  user_id?: string;
  creation_timestamp: number;
}

/** Who asked to move a version where; null on a server that knows no such requests. */
export const requestsQuery = (name: string, version: string) =>
  queryOptions({
    queryKey: ["models", "requests", name, version],
    queryFn: async ({ signal }): Promise<TransitionRequest[] | null> => {
      try {
        const path = "ajax-api/2.0/mlflow/transition-requests/list";
        const query = { name, version };
        return (await get<{ requests?: TransitionRequest[] }>(path, query, signal)).requests ?? [];
      } catch (error) {
        if (isNotServed(error)) return null;
        throw error;
      }
    },
  });
