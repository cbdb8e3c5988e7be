import { useCallback, useMemo, useState } from "react";
import { Icon } from "@/components/ui/icon";
import { EmptyState } from "@/components/ui/states";
import type { ChartsView } from "@/lib/chart-view";
import { useDirections } from "@/lib/directions";
import { showCount } from "@/lib/format";
import type { RunTable } from "@/lib/run-columns";
import { toggled, usePins } from "../pins";
import { sectionsOf } from "../sections";
import { useChartView } from "../use-chart-view";
import { ChartControls } from "./chart-controls";
import { MetricCard } from "./metric-card";

interface PanelView extends ChartsView {
  /** The pinned cards. */
  charts?: string[];
}

/** A card for every metric, in sections by prefix, of all runs in the table. */
export default function ChartsPanel({
  home,
  table,
  keys,
  first,
  runIds,
  matching,
  colors,
  view,
  setView,
}: {
  /** The experiment whose pinned cards are remembered. */
  home: string;
  table: RunTable | undefined;
  keys: string[];
  /** The metrics that tell most, best first. */
  first: string[];
  runIds: string[];
  matching: number;
  colors: ReadonlyMap<string, string>;
  view: PanelView;
  setView: (change: PanelView) => void;
}) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set(["system"]));
  const [wide, setWide] = useState<string | null>(null);
  const [find, setFind] = useState("");
  const directions = useDirections(home);
  const [pins, setPins] = usePins(home);
  const pinned = view.charts ?? pins;
  const chartView = useChartView(view);
  const rowOf = useMemo(() => new Map(table?.runIds.map((id, row) => [id, row])), [table]);
  const nameOf = useCallback(
    (id: string) => table?.text("attributes.run_name", rowOf.get(id) ?? -1) ?? id.slice(0, 8),
    [table, rowOf],
  );
  const running = useRunning(table, runIds, rowOf);
  const stableIds = useStable(runIds);
  const fitting = keys.filter((key) => key.toLowerCase().includes(find.toLowerCase()));
  const sections = sectionsOf(fitting, pinned, first);
  const card = (metric: string) => (
    <MetricCard
      key={metric}
      metric={metric}
      runIds={stableIds}
      running={running}
      colors={colors}
      nameOf={nameOf}
      view={chartView}
      better={directions.of(metric)}
      onZoom={(range) => setView({ range: range ?? undefined })}
      isPinned={pinned.includes(metric)}
      onPin={() => {
        const next = toggled(pinned, metric);
        setPins(next);
        setView({ charts: next.length ? next : undefined });
      }}
      isWide={wide === metric}
      onWide={() => setWide(wide === metric ? null : metric)}
    />
  );
  return (
    <>
      <div className="bar" style={{ minHeight: 0, padding: "4px 8px" }}>
        <ChartControls view={chartView} onChange={setView} />
        <input
          className="field"
          style={{ width: 120 }}
          aria-label="Find a metric"
          placeholder="Find a metric"
          value={find}
          onChange={(event) => setFind(event.target.value)}
        />
      </div>
      <div className="scroll" tabIndex={0} role="region" aria-label="Charts">
        {table && keys.length === 0 && (
          <EmptyState title="No metrics yet">
            <p className="quiet">What runs log with log_metric is drawn here, while they run.</p>
          </EmptyState>
        )}
        {sections.map(({ name, metrics }) => (
          <section key={name} aria-label={name}>
            <div className="section-head">
              <button
                type="button"
                className="plain"
                aria-expanded={!closed.has(name)}
                onClick={() => {
                  const next = new Set(closed);
                  if (!next.delete(name)) next.add(name);
                  setClosed(next);
                }}
              >
                <Icon name={closed.has(name) ? "right" : "down"} size={11} />
                {name} <span className="quiet">{metrics.length}</span>
              </button>
            </div>
            {!closed.has(name) && <div className="cards">{metrics.map(card)}</div>}
          </section>
        ))}
      </div>
      {matching > runIds.length && (
        <div className="foot">
          {showCount(runIds.length)} of {showCount(matching)} runs drawn, in the order of the table
        </div>
      )}
    </>
  );
}

/** The same array as long as the same runs are in it, in whatever order the table has them. */
function useStable(ids: string[]): string[] {
  const key = [...ids].sort().join();
  return useMemo(() => (key ? key.split(",") : []), [key]);
}

function useRunning(
  table: RunTable | undefined,
  runIds: string[],
  rowOf: ReadonlyMap<string, number>,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const id of runIds) {
    const row = rowOf.get(id);
    if (table && row !== undefined && table.text("attributes.status", row) === "RUNNING") {
      found.set(id, table.number("attributes.start_time", row));
    }
  }
  const key = JSON.stringify([...found]);
  return useMemo(() => new Map(JSON.parse(key) as [string, number][]), [key]);
}
