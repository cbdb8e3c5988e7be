import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { Choice, Code } from "@/components/ui/buttons";
import { Icon } from "@/components/ui/icon";
import { EmptyState } from "@/components/ui/states";
import { deleteExperimentTag } from "@/features/experiments/api/delete-experiment-tag";
import { setExperimentTag } from "@/features/experiments/api/set-experiment-tag";
import { registeredRunsQuery } from "@/features/models/api/registered-runs";
import { ColumnChooser } from "@/features/runs/components/column-chooser";
import { FilterMenus } from "@/features/runs/components/filter-menus";
import { GroupMenu } from "@/features/runs/components/group-menu";
import { FilterChips, QueryBar } from "@/features/runs/components/query-bar";
import { RunsPanel } from "@/features/runs/components/runs-panel";
import { SavedViews } from "@/features/runs/components/saved-views";
import { SelectionBar } from "@/features/runs/components/selection-bar";
import { runColors } from "@/features/runs/run-colors";
import { useLines } from "@/features/runs/use-lines";
import { useRunTable } from "@/features/runs/use-run-table";
import type { RunsView, SetView } from "@/features/runs/view";
import { chunk, useChunk } from "@/lib/chunk";
import { root } from "@/lib/http";
import type { Experiment } from "@/lib/mlflow";

const chartsPanel = chunk(() => import("@/features/metrics/components/charts-panel"));

const VIEW_TAG = "millpond.view.";
const MOST_DRAWN = 1000;

/** Runs of one or several experiments: filter, table, charts. */
export function Workbench({
  experimentIds,
  experiments,
  view,
  setView,
}: {
  experimentIds: string[];
  experiments: Experiment[];
  view: RunsView;
  setView: SetView;
}) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const registered = useQuery(registeredRunsQuery());
  const runs = useRunTable(experimentIds, view);
  const lines = useLines(runs, view, registered.data ?? null);
  // The first rows are seen before charts are made.
  const hasRows = useDeferredValue(runs.table !== undefined);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const chosenIds = useMemo(
    () => (chosen.size ? lines.runIds().filter((id) => chosen.has(id)) : []),
    [lines, chosen],
  );
  const { colors, legend } = useMemo(
    () => runColors(runs.table, lines.order, view.color),
    [runs.table, lines.order, view.color],
  );
  const names = useMemo(
    () => new Map(experiments.map((one) => [one.experiment_id, one.name])),
    [experiments],
  );
  const compare = (runIds: string[]) =>
    void navigate({ to: "/compare", search: { runs: runIds, experiments: experimentIds } });
  const show = view.show ?? (innerWidth < 1000 ? "table" : "both");
  const ChartsPanel = useChunk(chartsPanel, show !== "table");
  useKeys({
    "1": () => setView({ show: "table" }),
    "2": () => setView({ show: "both" }),
    "3": () => setView({ show: "charts" }),
    c: () => chosenIds.length > 1 && compare(chosenIds),
  });

  const [home] = experiments;
  const saved = (home?.tags ?? [])
    .filter((tag) => tag.key.startsWith(VIEW_TAG))
    .map((tag): [string, string] => [tag.key.slice(VIEW_TAG.length), tag.value]);
  const changed = () => client.invalidateQueries({ queryKey: ["experiment", home?.experiment_id] });
  const setFilter = (filter: string) => setView({ filter: filter || undefined });

  const drawn = useMemo(() => {
    const hidden = new Set(view.hidden);
    const ids = lines.runIds().filter((id) => !hidden.has(id));
    return ids.slice(0, MOST_DRAWN);
  }, [lines, view.hidden]);

  return (
    <>
      <div className="bar">
        <QueryBar filter={view.filter ?? ""} keys={runs.keys} onApply={setFilter} />
        <FilterMenus
          experimentIds={experimentIds}
          view={view}
          setView={setView}
          hasRegistry={registered.isSuccess}
        />
        <GroupMenu keys={runs.keys} view={view} setView={setView} />
        <ColumnChooser
          keys={runs.keys}
          columns={runs.columns}
          onChange={(cols) => setView({ cols })}
        />
        <SavedViews
          saved={saved}
          view={view}
          onOpen={(opened) => {
            const cleared = Object.fromEntries(Object.keys(view).map((key) => [key, undefined]));
            setView({ ...cleared, ...opened });
          }}
          onSave={(name, text) =>
            setExperimentTag(home!.experiment_id, VIEW_TAG + name, text).then(changed)
          }
          onDelete={(name) =>
            deleteExperimentTag(home!.experiment_id, VIEW_TAG + name).then(changed)
          }
        />
        <Choice
          label="Show"
          value={show}
          options={[
            ["table", <Icon key="t" name="table" />, "Table only (1)"],
            ["both", <Icon key="b" name="both" />, "Table and charts (2)"],
            ["charts", <Icon key="c" name="chart" />, "Charts only (3)"],
          ]}
          onChange={(next) => setView({ show: next })}
        />
      </div>
      <div className="bar">
        <SelectionBar
          experimentIds={experimentIds}
          chosen={chosenIds}
          keys={runs.keys}
          isDeleted={view.state === "deleted"}
          onClear={() => setChosen(new Set())}
          onCompare={compare}
        />
        <FilterChips filter={view.filter ?? ""} onApply={setFilter} />
        {legend.length > 0 && (
          <div className="legend">
            {legend.map(([name, color]) => (
              <span key={name}>
                <span className="dot" style={{ background: color }} /> {name}
              </span>
            ))}
          </div>
        )}
      </div>
      <Split
        show={show}
        share={view.split ?? 0.58}
        onShare={(split) => setView({ split })}
        left={
          <RunsPanel
            home={experimentIds[0] ?? ""}
            runs={runs}
            lines={lines}
            view={view}
            setView={setView}
            colors={colors}
            names={names}
            chosen={chosen}
            setChosen={setChosen}
            emptyHint={<HowToLog name={home?.name ?? "Default"} />}
          />
        }
        right={
          ChartsPanel &&
          hasRows && (
            <ChartsPanel
              home={experimentIds[0] ?? ""}
              table={runs.table}
              keys={runs.keys?.metrics.map(({ key }) => key) ?? []}
              first={runs.choice.metrics}
              runIds={drawn}
              matching={lines.order.length}
              colors={colors}
              view={view}
              setView={setView}
            />
          )
        }
      />
    </>
  );
}

/** Table and charts side by side, with a border that can be moved. */
function Split({
  show,
  share,
  onShare,
  left,
  right,
}: {
  show: "table" | "both" | "charts";
  share: number;
  onShare: (share: number) => void;
  left: React.ReactNode;
  right: React.ReactNode;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const shareAt = (event: React.PointerEvent) => {
    const { left, width } = box.current!.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - left) / width, 0.15), 0.85);
  };
  const now = dragged ?? share;
  const step = (change: number) => onShare(Math.min(Math.max(now + change, 0.15), 0.85));
  return (
    <div className="workbench" ref={box}>
      {show !== "charts" && (
        <div
          className="side"
          style={show === "both" ? { width: `${now * 100}%`, flex: "none" } : { flex: 1 }}
        >
          {left}
        </div>
      )}
      {show === "both" && (
        <div
          className="border"
          role="separator"
          tabIndex={0}
          aria-label="Border between table and charts"
          aria-orientation="vertical"
          aria-valuenow={Math.round(now * 100)}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            setDragged(shareAt(event));
          }}
          onPointerMove={(event) => dragged !== null && setDragged(shareAt(event))}
          onPointerUp={() => {
            if (dragged !== null) onShare(Number(dragged.toFixed(3)));
            setDragged(null);
          }}
          onKeyDown={(event) => {
            if (event.key === "ArrowLeft") step(-0.05);
            if (event.key === "ArrowRight") step(0.05);
          }}
        />
      )}
      {show !== "table" && (
        <div className="side" style={{ flex: 1 }}>
          {right}
        </div>
      )}
    </div>
  );
}

/** Keys that do something while nobody is typing. */
function useKeys(actions: Record<string, () => unknown>): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const isTyping =
        /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.className !== "tick";
      const isElsewhere = target.closest('[role="dialog"], [role="menu"]') !== null;
      if (isTyping || isElsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
      latest.current[event.key]?.();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

function HowToLog({ name }: { name: string }) {
  const address = root.href.replace(/\/$/, "");
  return (
    <EmptyState title="No runs yet">
      <p>These lines log the first one; it appears here by itself.</p>
      <Code>{`import mlflow

mlflow.set_tracking_uri("${address}")
mlflow.set_experiment(${JSON.stringify(name)})
with mlflow.start_run():
    mlflow.log_param("learning_rate", 0.01)
    for step in range(100):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)`}</Code>
    </EmptyState>
  );
}
