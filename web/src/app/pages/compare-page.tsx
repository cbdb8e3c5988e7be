import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useMemo } from "react";
import type { Brushes } from "@/components/charts/parallel";
import { EmptyState, ErrorState, SkeletonRows } from "@/components/ui/states";
import { Tabs } from "@/components/ui/tabs";
import { CompareArtifacts } from "@/features/artifacts/components/compare-artifacts";
import { CompareTable } from "@/features/compare/components/compare-table";
import { Plots } from "@/features/compare/components/plots";
import { Strip } from "@/features/compare/components/strip";
import { useKept } from "@/features/compare/use-kept";
import { type CompareTab, type CompareView, readCompareView } from "@/features/compare/view";
import { colorsOf } from "@/lib/colors";
import { useDirections } from "@/lib/directions";
import { counted } from "@/lib/format";
import { PageBar, useTitle } from "../shell";
import { useCompared } from "../use-compared";

const ChartsPanel = lazy(() => import("@/features/metrics/components/charts-panel"));

export const route = createLazyRoute("/compare")({ component: ComparePage });

const TABS: [CompareTab, string][] = [
  ["parallel", "Parallel"],
  ["scatter", "Scatter"],
  ["contour", "Contour"],
  ["box", "Box"],
  ["curves", "Curves"],
  ["table", "Table"],
  ["artifacts", "Artifacts"],
];

/** Some runs, side by side and over each other. */
function ComparePage() {
  const view = route.useSearch();
  const navigate = useNavigate();
  const brushText = JSON.stringify(view.brushes ?? {});
  const brushes = useMemo<Brushes>(
    () => new Map(Object.entries(JSON.parse(brushText))),
    [brushText],
  );
  const compared = useCompared(view);
  useTitle(`Comparing ${counted(view.runs.length, "run")}`);
  const setView = useCallback(
    (change: Partial<CompareView>) =>
      void navigate({
        to: "/compare",
        search: (before: Record<string, unknown>) => readCompareView({ ...before, ...change }),
        replace: true,
      }),
    [navigate],
  );
  const setBrushes = (next: Brushes) =>
    setView({ brushes: next.size ? Object.fromEntries(next) : undefined });
  const colors = useMemo(() => colorsOf(view.runs), [view.runs]);
  const tab = view.view ?? "parallel";
  const { table } = compared;
  const kept = useKept(table, brushes);
  const directions = useDirections(view.experiments[0] ?? "");
  return (
    <>
      <PageBar
        crumbs={[
          <Link key="all" to="/experiments">
            Experiments
          </Link>,
          ...(view.experiments.length === 1
            ? [
                <Link
                  key="one"
                  to="/experiments/$experimentId"
                  params={{ experimentId: view.experiments[0]! }}
                >
                  {compared.experimentName ?? view.experiments[0]}
                </Link>,
              ]
            : []),
          <h1 key="here">Comparing {counted(view.runs.length, "run")}</h1>,
        ]}
      >
        {brushes.size > 0 && (
          <>
            <span className="quiet" role="status">
              {kept?.ids.size} of {counted(view.runs.length, "run")} inside
            </span>
            <button type="button" className="button" onClick={() => setBrushes(new Map())}>
              Clear {counted(brushes.size, "brush").replace("brushs", "brushes")}
            </button>
          </>
        )}
      </PageBar>
      {view.runs.length === 0 ? (
        <EmptyState title="Nothing to compare">
          <p>Tick runs in a table, then choose Compare.</p>
        </EmptyState>
      ) : (
        <>
          <Strip
            runs={view.runs.map((id) => [id, compared.nameOf(id)])}
            colors={colors}
            kept={kept?.ids}
            onChange={(runs) => setView({ runs })}
          />
          <Tabs label="Views" tabs={TABS} chosen={tab} onChoose={(id) => setView({ view: id })} />
          <div
            className="scroll page"
            role="tabpanel"
            id="tab-panel"
            aria-labelledby={`tab-${tab}`}
            tabIndex={0}
            style={{ height: "auto", display: tab === "curves" ? "flex" : "block" }}
          >
            {compared.error ? (
              <ErrorState error={compared.error} />
            ) : !table || !kept ? (
              <SkeletonRows />
            ) : tab === "table" ? (
              <CompareTable
                table={kept.table}
                betterOf={directions.of}
                parts={compared.parts}
                colors={colors}
                isAll={view.all ?? false}
                onAll={(all) => setView({ all: all || undefined })}
              />
            ) : tab === "artifacts" ? (
              <CompareArtifacts
                runs={kept.table.runIds.map((id) => [id, compared.nameOf(id)])}
                file={view.file}
                onFile={(file) => setView({ file })}
              />
            ) : tab === "curves" ? (
              <Suspense>
                <ChartsPanel
                  home={view.experiments[0] ?? ""}
                  table={table}
                  keys={compared.metricKeys}
                  first={compared.metricKeys}
                  runIds={kept.table.runIds}
                  matching={kept.table.rows}
                  colors={colors}
                  view={view.curves ?? {}}
                  setView={(change) => setView({ curves: { ...view.curves, ...change } })}
                />
              </Suspense>
            ) : (
              <Plots
                tab={tab}
                table={table}
                kept={kept.ids}
                view={view}
                params={compared.params}
                metrics={compared.metrics}
                colors={colors}
                brushes={brushes}
                onBrush={setBrushes}
                onView={setView}
                onOpen={(runId) => void navigate({ to: "/runs/$runId", params: { runId } })}
              />
            )}
          </div>
        </>
      )}
    </>
  );
}
