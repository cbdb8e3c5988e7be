import { useMemo, useState } from "react";
import type { Run } from "@/lib/mlflow";
import { toggled, usePins } from "../pins";
import { sectionsOf } from "../sections";
import type { ChartView } from "../use-chart";
import { ChartControls } from "./chart-controls";
import { MetricCard } from "./metric-card";

/** A chart of each metric of one run: of what it trained, or of the machine that it ran on. */
export function RunCharts({
  run,
  colors,
  isSystem = false,
}: {
  run: Run;
  colors: ReadonlyMap<string, string>;
  isSystem?: boolean;
}) {
  const [state, setState] = useState<{
    x?: "time" | "relative_time";
    smooth?: number;
    log?: boolean;
    range?: [number, number];
  }>({});
  const [wide, setWide] = useState<string | null>(null);
  const [pins, setPins] = usePins(run.info.experiment_id);
  const id = run.info.run_id;
  const ids = useMemo(() => [id], [id]);
  const { status, start_time, run_name } = run.info;
  const running = useMemo(
    () => new Map<string, number>(status === "RUNNING" ? [[id, start_time]] : []),
    [status, start_time, id],
  );
  const view = useMemo<ChartView>(
    () => ({
      axis: state.x ?? "step",
      range: state.range ?? null,
      smooth: state.smooth ?? 0,
      isLog: state.log ?? false,
    }),
    [state],
  );
  const keys = (run.data.metrics ?? [])
    .map(({ key }) => key)
    .filter((key) => key.startsWith("system/") === isSystem)
    .sort((one, other) => one.localeCompare(other));
  if (keys.length === 0) return isSystem ? <NoSystemMetrics /> : null;
  const sections = sectionsOf(keys, pins, []);
  return (
    <section className="panel" aria-label="Charts">
      <div className="bar" style={{ minHeight: 0, padding: "4px 8px" }}>
        <ChartControls view={view} onChange={(change) => setState({ ...state, ...change })} />
      </div>
      {sections.map(({ name, metrics }) => (
        <div key={name}>
          {sections.length > 1 && <div className="section-head">{name}</div>}
          <div className="cards">
            {metrics.map((metric) => (
              <MetricCard
                key={metric}
                metric={metric}
                runIds={ids}
                running={running}
                colors={colors}
                nameOf={() => run_name}
                view={view}
                onZoom={(range) => setState({ ...state, range: range ?? undefined })}
                isPinned={pins.includes(metric)}
                onPin={() => setPins(toggled(pins, metric))}
                isWide={wide === metric}
                onWide={() => setWide(wide === metric ? null : metric)}
              />
            ))}
          </div>
        </div>
      ))}
    </section>
  );
}

function NoSystemMetrics() {
  return (
    <p className="quiet content">
      No system metrics: mlflow.enable_system_metrics_logging() before the run logs them.
    </p>
  );
}
