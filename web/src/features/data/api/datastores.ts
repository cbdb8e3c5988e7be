import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";

export interface Datastore {
  name: string;
  kind: string;
  uri: string;
  description: string;
  is_default: boolean;
  used_bytes: number;
}

/** The named places for files. */
export const datastoresQuery = () =>
  queryOptions({
    queryKey: ["datastores"],
    queryFn: ({ signal }) => get<Datastore[]>("api/v1/datastores", {}, signal),
    staleTime: 10_000,
    retry: false,
  });
