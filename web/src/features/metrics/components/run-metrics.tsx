import { useMemo, useState } from "react";
import { showNumber } from "@/lib/format";
import { numberOf, type Run } from "@/lib/mlflow";
import { sectionsOf } from "../sections";
import type { ChartView } from "../use-chart";
import { ChartControls } from "./chart-controls";
import { MetricCard } from "./metric-card";

/** What came out: the latest values, and a chart of each metric. */
export function RunMetrics({
  run,
  colors,
  withCharts,
  isWide = false,
  isSystem = false,
}: {
  run: Run;
  colors: ReadonlyMap<string, string>;
  withCharts: boolean;
  isWide?: boolean;
  isSystem?: boolean;
}) {
  const [state, setState] = useState<{
    x?: "time" | "relative_time";
    smooth?: number;
    log?: boolean;
    range?: [number, number];
  }>({});
  const [wide, setWide] = useState<string | null>(null);
  const id = run.info.run_id;
  const ids = useMemo(() => [id], [id]);
  const { status, start_time, run_name } = run.info;
  const running = useMemo(
    () => new Map<string, number>(status === "RUNNING" ? [[id, start_time]] : []),
    [status, start_time, id],
  );
  const metrics = (run.data.metrics ?? [])
    .filter(({ key }) => key.startsWith("system/") === isSystem || isWide === false)
    .filter(({ key }) => isSystem || !key.startsWith("system/"))
    .sort((one, other) => one.key.localeCompare(other.key));
  const view = useMemo<ChartView>(
    () => ({
      axis: state.x ?? "step",
      range: state.range ?? null,
      smooth: state.smooth ?? 0,
      isLog: state.log ?? false,
    }),
    [state],
  );
  const sections = sectionsOf(
    metrics.map(({ key }) => key),
    [],
    [],
  );
  return (
    <div className="stack" style={isWide ? { padding: 12 } : undefined}>
      {!isWide && (
        <section className="panel" aria-label="Metrics">
          <h2>
            Metrics <span className="quiet">{metrics.length}</span>
          </h2>
          {metrics.length === 0 ? (
            <p className="quiet content">It logged none yet.</p>
          ) : (
            <table className="list numbers" aria-label="Metrics">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col" className="right">
                    Last value
                  </th>
                  <th scope="col" className="right">
                    Step
                  </th>
                </tr>
              </thead>
              <tbody>
                {metrics.map(({ key, value, step }) => (
                  <tr key={key}>
                    <td>{key}</td>
                    <td className="right" title={String(value)}>
                      {showNumber(numberOf(value))}
                    </td>
                    <td className="right">{step}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      )}
      {withCharts && metrics.length > 0 && (
        <section className="panel" aria-label="Charts">
          <div className="bar" style={{ minHeight: 0, padding: "4px 8px" }}>
            <ChartControls view={view} onChange={(change) => setState({ ...state, ...change })} />
          </div>
          {sections.map(({ name, metrics: keys }) => (
            <div key={name}>
              {sections.length > 1 && <div className="section-head">{name}</div>}
              <div className="cards">
                {keys.map((metric) => (
                  <MetricCard
                    key={metric}
                    metric={metric}
                    runIds={ids}
                    running={running}
                    colors={colors}
                    nameOf={() => run_name}
                    view={view}
                    onZoom={(range) => setState({ ...state, range: range ?? undefined })}
                    isPinned={false}
                    isWide={wide === metric}
                    onWide={() => setWide(wide === metric ? null : metric)}
                  />
                ))}
              </div>
            </div>
          ))}
        </section>
      )}
      {isSystem && metrics.length === 0 && (
        <p className="quiet content">
          No system metrics: mlflow.enable_system_metrics_logging() before the run logs them.
        </p>
      )}
    </div>
  );
}
