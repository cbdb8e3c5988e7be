import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { ErrorState } from "@/components/ui/states";
import { datastoresQuery } from "@/features/data/api/datastores";
import { experimentsQuery } from "@/features/experiments/api/search-experiments";
import { modelsQuery } from "@/features/models/api/search-models";
import { latestRunsQuery } from "@/features/runs/api/latest-runs";
import { LatestRuns } from "@/features/runs/components/latest-runs";
import { runCountsQuery } from "@/features/workspaces/api/count-runs";
import { storageQuery } from "@/features/workspaces/api/storage";
import { Audit } from "@/features/workspaces/components/audit";
import { ExperimentStorage } from "@/features/workspaces/components/experiment-storage";
import { Figures } from "@/features/workspaces/components/figures";
import { StorageRules } from "@/features/workspaces/components/storage-rules";
import { showBytes, showCount } from "@/lib/format";
import { PageBar, useTitle } from "../shell";

export const route = createLazyRoute("/workspaces/$workspace")({ component: WorkspacePage });

/** A workspace at a glance: what is in it, what happened last, and what it holds. */
function WorkspacePage() {
  const { workspace } = route.useParams();
  useTitle(workspace);
  const counts = useQuery(runCountsQuery(workspace));
  const experiments = useQuery(experimentsQuery("ACTIVE_ONLY"));
  const models = useQuery(modelsQuery());
  const stores = useQuery(datastoresQuery());
  const storage = useQuery(storageQuery());
  const latest = useQuery({
    ...latestRunsQuery((experiments.data ?? []).slice(0, 50).map((one) => one.experiment_id)),
    enabled: experiments.isSuccess,
  });
  if (counts.error) return <ErrorState error={counts.error} />;
  const sum = (key: "active_runs" | "deleted_runs") =>
    counts.data?.reduce((total, one) => total + one[key], 0);
  const names = new Map(experiments.data?.map((one) => [one.experiment_id, one.name]));
  return (
    <>
      <PageBar crumbs={["Workspaces", <h1 key="here">{workspace}</h1>]} />
      <div className="scroll" tabIndex={0} role="region" aria-label="Workspace">
        <div className="content stack">
          <Figures
            figures={[
              ["Experiments", shown(experiments.data?.length), "/experiments"],
              ["Runs", shown(sum("active_runs")), null],
              ["Running now", shown(latest.data?.running), null],
              ["Deleted runs", shown(sum("deleted_runs")), null],
              ["Models", shown(models.data?.length), "/models"],
              ["Files", storage.data ? showBytes(storage.data.used_bytes) : "", "/data"],
            ]}
          />
          <div className="columns even">
            <div className="stack">
              <LatestRuns latest={latest.data} names={names} />
              <Audit />
            </div>
            <div className="stack">
              <section className="panel" aria-label="Storage by datastore">
                <h2>Storage by datastore</h2>
                <table className="list numbers" aria-label="Storage by datastore">
                  <tbody>
                    {stores.data?.map((store) => (
                      <tr key={store.name}>
                        <td>
                          <Link to="/data" search={{ store: store.name }}>
                            {store.name}
                          </Link>
                        </td>
                        <td>
                          {store.kind} {store.is_default && <span className="badge">default</span>}
                        </td>
                        <td className="right">{showBytes(store.used_bytes)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </section>
              {stores.data && (
                <ExperimentStorage
                  datastores={stores.data.map(({ name }) => name)}
                  initial={stores.data.find((one) => one.is_default)?.name ?? "local"}
                  names={names}
                />
              )}
              {storage.data && (
                <StorageRules
                  storage={storage.data}
                  datastores={(stores.data ?? []).map(({ name }) => name)}
                />
              )}
              <Members />
            </div>
          </div>
        </div>
      </div>
    </>
  );
}

const shown = (count: number | undefined) => (count === undefined ? "" : showCount(count));

/** Who is in, and what is linked: nobody yet, which is said. */
function Members() {
  return (
    <section className="panel" aria-label="Members and links">
      <h2>Members and links</h2>
      <p className="quiet content" style={{ margin: 0 }}>
        This version has neither: whoever reaches the server is in, and every run is kept here
        alone. Members with their roles, and other places that every run lands in too, with how far
        they lag, will be here. <Link to="/settings">Settings</Link> say who can reach the server.
      </p>
    </section>
  );
}
