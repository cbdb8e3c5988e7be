import { post } from "@/lib/http";
import type { Run } from "@/lib/mlflow";
import { type ColumnRef, filterName } from "@/lib/run-columns";
import type { Sort } from "@/lib/run-order";
import type { View } from "./run-keys";

export const FIRST_ROWS = 100;

export interface FirstQuestion {
  experimentIds: string[];
  filter: string;
  view: View;
  sort: Sort;
  /** The column that is sorted by, if the server knows it. */
  sortRef: ColumnRef | null;
}

/** The first runs of a table with all they have: soon there, however many there are. */
export async function fetchFirstRuns(asked: FirstQuestion, signal: AbortSignal): Promise<Run[]> {
  const { sort, sortRef } = asked;
  const isKnown = sortRef && sortRef.statistic === "latest" && sortRef.key !== "duration";
  const answer = await post<{ runs?: Run[] }>(
    "ajax-api/2.0/mlflow/runs/search",
    {
      experiment_ids: asked.experimentIds,
      filter: asked.filter,
      run_view_type: asked.view,
      max_results: FIRST_ROWS,
      order_by: isKnown ? [`${filterName(sortRef)} ${sort.descending ? "DESC" : "ASC"}`] : [],
    },
    signal,
  );
  return answer.runs ?? [];
}
