import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { ErrorState } from "@/components/ui/states";
import { experimentQuery } from "@/features/experiments/api/get-experiment";
import { ExperimentHead } from "@/features/experiments/components/experiment-head";
import { readView, type SetView } from "@/features/runs/view";
import { counted } from "@/lib/format";
import { PageBar, useTitle } from "../shell";
import { Workbench } from "../workbench";

const one = getRouteApi("/experiments/$experimentId");
const many = getRouteApi("/runs");

/** One experiment and its runs. */
export function ExperimentPage() {
  const { experimentId } = one.useParams();
  const view = one.useSearch();
  const navigate = useNavigate();
  const experiment = useQuery(experimentQuery(experimentId));
  useTitle(experiment.data?.name ?? "Experiment");
  const setView = useCallback<SetView>(
    (change) =>
      void navigate({
        to: "/experiments/$experimentId",
        params: { experimentId },
        search: (before: Record<string, unknown>) => readView({ ...before, ...change }),
        replace: true,
      }),
    [navigate, experimentId],
  );
  const ids = useMemo(() => [experimentId], [experimentId]);
  if (experiment.error) return <ErrorState error={experiment.error} />;
  return (
    <>
      <PageBar
        crumbs={[
          <Link key="all" to="/experiments">
            Experiments
          </Link>,
        ]}
      >
        {experiment.data && <ExperimentHead experiment={experiment.data} />}
      </PageBar>
      <Workbench
        key={experimentId}
        experimentIds={ids}
        experiments={experiment.data ? [experiment.data] : []}
        view={view}
        setView={setView}
      />
    </>
  );
}

/** The runs of several experiments in one table. */
export function ManyExperimentsPage() {
  const { experiments: ids, ...view } = many.useSearch();
  const navigate = useNavigate();
  const found = useQueries({ queries: ids.map(experimentQuery) });
  const experiments = found.map((query) => query.data).filter((data) => data !== undefined);
  useTitle(counted(ids.length, "experiment"));
  const setView = useCallback<SetView>(
    (change) =>
      void navigate({
        to: "/runs",
        search: (before: Record<string, unknown>) => ({
          ...readView({ ...before, ...change }),
          experiments: before.experiments as string[],
        }),
        replace: true,
      }),
    [navigate],
  );
  const error = found.find((query) => query.error)?.error;
  if (error) return <ErrorState error={error} />;
  return (
    <>
      <PageBar
        crumbs={[
          <Link key="all" to="/experiments">
            Experiments
          </Link>,
          <h1 key="here" className="truncate">
            Runs of {counted(ids.length, "experiment")}
          </h1>,
        ]}
      >
        <span className="quiet truncate">{experiments.map(({ name }) => name).join(", ")}</span>
      </PageBar>
      <Workbench
        key={ids.join()}
        experimentIds={ids}
        experiments={experiments}
        view={view}
        setView={setView}
      />
    </>
  );
}
