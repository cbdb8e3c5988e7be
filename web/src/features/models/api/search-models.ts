import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { RegisteredModel } from "@/lib/mlflow";

interface Page {
  registered_models?: RegisteredModel[];
  next_page_token?: string;
}

/** All registered models by name. */
export const modelsQuery = () =>
  queryOptions({
    queryKey: ["models"],
    queryFn: async ({ signal }) => {
      const found: RegisteredModel[] = [];
      let token: string | undefined;
      do {
        const page: Page = await get(
          "ajax-api/2.0/mlflow/registered-models/search",
          { max_results: 1000, page_token: token },
          signal,
        );
        found.push(...(page.registered_models ?? []));
        token = page.next_page_token;
      } while (token);
      return found;
    },
    staleTime: 30_000,
  });
