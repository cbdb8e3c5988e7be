import { queryOptions } from "@tanstack/react-query";
import { getBytes } from "@/lib/http";
import { fileAddress, type Source } from "../sources";

/** The bytes of one file. */
export const fileQuery = (source: Source, path: string) =>
  queryOptions({
    queryKey: ["file", source.kind, source.id, path],
    queryFn: () => getBytes(fileAddress(source, path)),
    staleTime: 60_000,
    gcTime: 60_000,
    retry: false,
  });
