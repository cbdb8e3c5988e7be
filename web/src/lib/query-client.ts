import { QueryClient } from "@tanstack/react-query";
import { RequestFailed } from "./http";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      // What was refused is refused again; a server that restarts is back soon.
      retry: (count, error) =>
        count < 2 &&
        (!(error instanceof RequestFailed) || error.status === 0 || error.status >= 502),
      retryDelay: (count) => 500 * 2 ** count,
    },
  },
});
