import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { experimentsQuery } from "@/features/experiments/api/search-experiments";
import { ExperimentList } from "@/features/experiments/components/experiment-list";
import { useTitle } from "../shell";

const route = getRouteApi("/experiments");

/** All experiments. */
export function ExperimentsPage() {
  useTitle("Experiments");
  const { q, state } = route.useSearch();
  const navigate = useNavigate();
  const found = useQuery(experimentsQuery(state === "deleted" ? "DELETED_ONLY" : "ACTIVE_ONLY"));
  if (found.error) return <ErrorState error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <SkeletonRows />;
  return (
    <ExperimentList
      experiments={found.data}
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
