import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { ModelVersion } from "@/lib/mlflow";

interface Page {
  model_versions?: ModelVersion[];
  next_page_token?: string;
}

/** All versions of a model, the newest first. */
export const versionsQuery = (name: string) =>
  queryOptions({
    queryKey: ["models", "versions", name],
    queryFn: async ({ signal }) => {
      const found: ModelVersion[] = [];
      let token: string | undefined;
      do {
        const page: Page = await get(
          "ajax-api/2.0/mlflow/model-versions/search",
          {
            filter: `name = '${name.replaceAll("'", "''")}'`,
            max_results: 10_000,
            page_token: token,
          },
          signal,
        );
        found.push(...(page.model_versions ?? []));
        token = page.next_page_token;
      } while (token);
      return found.sort((one, other) => Number(other.version) - Number(one.version));
    },
  });
