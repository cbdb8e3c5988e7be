import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { experimentsQuery } from "@/features/experiments/api/search-experiments";
import { ExperimentList } from "@/features/experiments/components/experiment-list";
import { runCountsQuery } from "@/features/workspaces/api/count-runs";
import { DEFAULT_WORKSPACE } from "@/lib/workspace";
import { useTitle } from "../shell";

const route = getRouteApi("/experiments");

/** All experiments. */
export function ExperimentsPage() {
  useTitle("Experiments");
  const { q, state } = route.useSearch();
  const navigate = useNavigate();
  const found = useQuery(experimentsQuery(state === "deleted" ? "DELETED_ONLY" : "ACTIVE_ONLY"));
  const counts = useQuery(runCountsQuery(DEFAULT_WORKSPACE));
  // Those of a deleted experiment are deleted with it.
  const counted = state === "deleted" ? "deleted_runs" : "active_runs";
  const runs = useMemo(
    () => counts.data && new Map(counts.data.map((one) => [one.experiment_id, one[counted]])),
    [counts.data, counted],
  );
  if (found.error) return <ErrorState error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <SkeletonRows />;
  return (
    <ExperimentList
      experiments={found.data}
      runs={runs}
      search={q ?? ""}
      isDeleted={state === "deleted"}
      onSearch={(change) =>
        void navigate({
          to: "/experiments",
          search: (before) => ({ ...before, ...change }),
          replace: true,
        })
      }
      onOpen={(experimentId) =>
        void navigate({ to: "/experiments/$experimentId", params: { experimentId } })
      }
      onCompare={(experiments) => void navigate({ to: "/runs", search: { experiments } })}
    />
  );
}
