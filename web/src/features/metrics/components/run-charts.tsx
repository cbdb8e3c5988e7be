import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { ChartsView } from "@/lib/chart-view";
import { useDirections } from "@/lib/directions";
import { counted } from "@/lib/format";
import type { Run } from "@/lib/mlflow";
import { sparksQuery } from "../api/draw-sparks";
import { useMetricKeys } from "../metric-keys";
import { toggled, usePins } from "../pins";
import { sectionsOf } from "../sections";
import { useChartView } from "../use-chart-view";
import { ChartControls } from "./chart-controls";
import { MetricCard } from "./metric-card";

/** A chart of each metric of one run: of what it trained, or of the machine that it ran on. */
export function RunCharts({
  run,
  colors,
  view: asked,
  onView,
  isSystem = false,
}: {
  run: Run;
  colors: ReadonlyMap<string, string>;
  view: ChartsView;
  onView: (change: Partial<ChartsView>) => void;
  isSystem?: boolean;
}) {
  const [wide, setWide] = useState<string | null>(null);
  const [pins, setPins] = usePins(run.info.experiment_id);
  const id = run.info.run_id;
  const ids = useMemo(() => [id], [id]);
  const { status, start_time, run_name } = run.info;
  const running = useMemo(
    () => new Map<string, number>(status === "RUNNING" ? [[id, start_time]] : []),
    [status, start_time, id],
  );
  const view = useChartView(asked);
  const directions = useDirections(run.info.experiment_id);
  const keys = useMetricKeys(run, isSystem);
  const sparks = useQuery(sparksQuery(id, keys, status === "RUNNING"));
  if (keys.length === 0) return isSystem ? <NoSystemMetrics /> : null;
  // One value is no line; it stands in the table of metrics.
  const drawn = keys.filter((key) => !sparks.data?.has(key) || sparks.data.get(key)!.points > 1);
  const sections = sectionsOf(sparks.data ? drawn : [], pins, []);
  return (
    <section className="panel" aria-label="Charts">
      <div className="bar" style={{ minHeight: 0, padding: "4px 8px" }}>
        <ChartControls view={view} onChange={onView} />
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
                better={directions.of(metric)}
                onZoom={(range) => onView({ range: range ?? undefined })}
                isPinned={pins.includes(metric)}
                onPin={() => setPins(toggled(pins, metric))}
                isWide={wide === metric}
                onWide={() => setWide(wide === metric ? null : metric)}
              />
            ))}
          </div>
        </div>
      ))}
      {sparks.data && drawn.length < keys.length && (
        <p className="quiet content">
          {counted(keys.length - drawn.length, "metric")} of a single value{" "}
          {drawn.length + 1 === keys.length ? "is" : "are"} not drawn.
        </p>
      )}
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
