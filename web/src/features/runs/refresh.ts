import type { QueryClient } from "@tanstack/react-query";

/** Look at the runs again, wherever they are shown. */
export function refreshRuns(client: QueryClient): void {
  for (const key of ["runs", "first runs", "run", "keys", "compare"]) {
    void client.invalidateQueries({ queryKey: [key] });
  }
}
