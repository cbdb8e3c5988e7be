import { queryOptions } from "@tanstack/react-query";
import { post } from "@/lib/http";
import type { Experiment } from "@/lib/mlflow";

export type State = "ACTIVE_ONLY" | "DELETED_ONLY";

interface Page {
  experiments?: Experiment[];
  next_page_token?: string;
}

/** All experiments, the one changed last first. */
export const experimentsQuery = (view: State) =>
  queryOptions({
    queryKey: ["experiments", view],
    queryFn: async ({ signal }) => {
      const found: Experiment[] = [];
      let token: string | undefined;
      do {
        const page: Page = await post(
          "ajax-api/2.0/mlflow/experiments/search",
          { max_results: 10_000, view_type: view, page_token: token },
          signal,
        );
        found.push(...(page.experiments ?? []));
        token = page.next_page_token;
      } while (token);
      return found;
    },
  });
