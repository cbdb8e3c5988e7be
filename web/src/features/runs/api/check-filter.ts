import { post } from "@/lib/http";

/** How the server reads a filter; a bad one is refused with the place. */
export const checkFilter = (filter: string, signal?: AbortSignal) =>
  post<{ filter: string }>("api/v1/filters/check", { search: "runs", filter }, signal);
