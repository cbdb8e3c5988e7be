import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { Tabs } from "@/components/ui/tabs";
import { ArtifactBrowser } from "@/features/artifacts/components/artifact-browser";
import { LogTab } from "@/features/artifacts/components/log-tab";
import { ModelTab } from "@/features/artifacts/components/model-tab";
import { experimentQuery } from "@/features/experiments/api/get-experiment";
import { MetricTable } from "@/features/metrics/components/metric-table";
import { RunCharts } from "@/features/metrics/components/run-charts";
import { versionsOfRunQuery } from "@/features/models/api/versions-of-run";
import { runQuery } from "@/features/runs/api/get-run";
import { ChildRuns } from "@/features/runs/components/child-runs";
import { DataTab } from "@/features/runs/components/data-tab";
import { DeleteDialog, RestoreDialog } from "@/features/runs/components/delete-dialog";
import { Params } from "@/features/runs/components/params";
import { RunHead } from "@/features/runs/components/run-head";
import { RunTags } from "@/features/runs/components/run-tags";
import { colorOf } from "@/lib/colors";
import { type RunSearch, readRunSearch } from "../run-search";
import { PageBar, useTitle } from "../shell";
import { RunCode } from "./run-code";

export const route = createLazyRoute("/experiments/$experimentId/runs/$runId")({
  component: RunPage,
});

const TABS: [id: string, name: string][] = [
  ["overview", "Overview"],
  ["charts", "Charts"],
  ["artifacts", "Artifacts"],
  ["model", "Model"],
  ["data", "Data"],
  ["system", "System"],
  ["code", "Code and environment"],
  ["log", "Log"],
];

/** One run: what it is, what went in, what came out. */
function RunPage() {
  const { experimentId, runId } = route.useParams();
  const search = route.useSearch();
  const { tab = "overview", file, other } = search;
  const navigate = useNavigate();
  const client = useQueryClient();
  const run = useQuery(runQuery(runId));
  const experiment = useQuery(experimentQuery(experimentId));
  const versions = useQuery(versionsOfRunQuery(runId));
  const [dialog, setDialog] = useState<"delete" | "restore" | null>(null);
  useTitle(run.data?.info.run_name ?? "Run");
  const colors = useMemo(() => new Map([[runId, colorOf(runId)]]), [runId]);
  const go = useCallback(
    (change: Partial<RunSearch>) =>
      void navigate({
        to: "/experiments/$experimentId/runs/$runId",
        params: { experimentId, runId },
        search: (before: Record<string, unknown>) => readRunSearch({ ...before, ...change }),
        replace: !("tab" in change),
      }),
    [navigate, experimentId, runId],
  );
  const openFile = useCallback((path: string) => go({ file: path }), [go]);
  if (run.error) return <ErrorState error={run.error} retry={() => void run.refetch()} />;
  const { data } = run;
  const ids = [runId];
  return (
    <>
      <PageBar
        crumbs={[
          <Link key="all" to="/experiments">
            Experiments
          </Link>,
          <Link key="one" to="/experiments/$experimentId" params={{ experimentId }}>
            {experiment.data?.name ?? experimentId}
          </Link>,
        ]}
      >
        {data && (
          <RunHead
            run={data}
            onDelete={() => setDialog("delete")}
            onRestore={() => setDialog("restore")}
          />
        )}
      </PageBar>
      <Tabs
        label="Parts of the run"
        tabs={TABS}
        chosen={tab}
        onChoose={(id) =>
          go({ tab: id === "overview" ? undefined : id, file: undefined, other: undefined })
        }
      />
      <div
        className="scroll"
        role="tabpanel"
        id="tab-panel"
        aria-labelledby={`tab-${tab}`}
        tabIndex={0}
      >
        {!data ? (
          <SkeletonRows />
        ) : (
          <>
            {tab === "overview" && (
              <div className="content columns">
                <div className="stack">
                  <MetricTable run={data} color={colorOf(runId)} />
                  <Params params={data.data.params ?? []} />
                  <RunTags run={data} />
                  {(versions.data?.length ?? 0) > 0 && (
                    <section className="panel" aria-label="Model versions">
                      <h2>Model versions made from it</h2>
                      <ul style={{ margin: 0, padding: "8px 28px" }}>
                        {versions.data?.map((version) => (
                          <li key={`${version.name} ${version.version}`}>
                            <Link
                              to="/models/$name/versions/$version"
                              params={{ name: version.name, version: version.version }}
                            >
                              {version.name}, version {version.version}
                            </Link>
                          </li>
                        ))}
                      </ul>
                    </section>
                  )}
                  <ChildRuns experimentId={experimentId} runId={runId} />
                </div>
                <RunCharts run={data} colors={colors} view={search} onView={go} />
              </div>
            )}
            {(tab === "charts" || tab === "system") && (
              <div className="content">
                <RunCharts
                  run={data}
                  colors={colors}
                  view={search}
                  onView={go}
                  isSystem={tab === "system"}
                />
              </div>
            )}
            {tab === "artifacts" && (
              <ArtifactBrowser
                source={{ kind: "run", id: runId }}
                place={data.info.artifact_uri}
                file={file}
                onOpen={openFile}
              />
            )}
            {tab === "model" && <ModelTab run={data} />}
            {tab === "data" && <DataTab run={data} />}
            {tab === "log" && (
              <LogTab
                source={{ kind: "run", id: runId }}
                isRunning={data.info.status === "RUNNING"}
                file={file}
                onOpen={openFile}
              />
            )}
            {tab === "code" && (
              <RunCode
                run={data}
                experiment={experiment.data?.name ?? "Default"}
                other={other}
                onOther={(next) => go({ other: next })}
              />
            )}
          </>
        )}
      </div>
      <DeleteDialog
        experimentIds={[experimentId]}
        runIds={ids}
        open={dialog === "delete"}
        onClose={() => setDialog(null)}
        onDone={() => void client.invalidateQueries({ queryKey: ["run", runId] })}
      />
      <RestoreDialog
        experimentIds={[experimentId]}
        runIds={ids}
        open={dialog === "restore"}
        onClose={() => setDialog(null)}
        onDone={() => void client.invalidateQueries({ queryKey: ["run", runId] })}
      />
    </>
  );
}
