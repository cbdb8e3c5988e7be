import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { ModelVersion } from "@/lib/mlflow";

interface Page {
  model_versions?: ModelVersion[];
  next_page_token?: string;
}

/** The ids of all runs that a model version was made from. */
export const registeredRunsQuery = () =>
  queryOptions({
    queryKey: ["models", "registered runs"],
    queryFn: async ({ signal }): Promise<ReadonlySet<string>> => {
      const found = new Set<string>();
      let token: string | undefined;
      do {
        const page: Page = await get(
          "ajax-api/2.0/mlflow/model-versions/search",
          { max_results: 10_000, page_token: token },
          signal,
        );
        for (const version of page.model_versions ?? [])
          if (version.run_id) found.add(version.run_id);
        token = page.next_page_token;
      } while (token);
      return found;
    },
    staleTime: 30_000,
    retry: false,
  });
