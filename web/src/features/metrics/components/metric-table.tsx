import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Sparkline } from "@/components/charts/sparkline";
import { CopyButton } from "@/components/ui/buttons";
import { useDirections } from "@/lib/directions";
import { counted, showNumber } from "@/lib/format";
import { numberOf, type Run } from "@/lib/mlflow";
import { sparksQuery } from "../api/draw-sparks";
import { useMetricKeys } from "../metric-keys";

const MANY = 15;
const MOST = 500;

/** The metrics of a run: how each went, where it is now, and how far it came. */
export function MetricTable({ run, color }: { run: Run; color: string }) {
  const { run_id, experiment_id, status } = run.info;
  const [find, setFind] = useState("");
  const directions = useDirections(experiment_id);
  const keys = useMetricKeys(run, false);
  const sparks = useQuery(sparksQuery(run_id, keys, status === "RUNNING"));
  const latest = useMemo(
    () => new Map(run.data.metrics?.map((metric) => [metric.key, metric])),
    [run.data.metrics],
  );
  const shown = keys
    .filter((key) => key.toLowerCase().includes(find.toLowerCase()))
    .slice(0, MOST)
    .map((key) => latest.get(key)!);
  return (
    <section className="panel" aria-label="Metrics">
      <h2>
        Metrics <span className="quiet">{keys.length}</span>
      </h2>
      {keys.length > MANY && (
        <div style={{ padding: 8 }}>
          <input
            className="field"
            style={{ width: "100%" }}
            aria-label="Find a metric"
            placeholder="Find a metric"
            value={find}
            onChange={(event) => setFind(event.target.value)}
          />
        </div>
      )}
      {keys.length === 0 ? (
        <p className="quiet content">It logged none yet.</p>
      ) : (
        <div style={{ overflowX: "auto" }}>
          <table className="list dense numbers" aria-label="Metrics">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Course</th>
                <th scope="col" className="right">
                  Last
                </th>
                <th scope="col" className="right">
                  Min
                </th>
                <th scope="col" className="right">
                  Max
                </th>
                <th scope="col">
                  <span className="visually-hidden">Copy</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ key, value, step }) => {
                const series = sparks.data?.get(key);
                const better = series && series.min < series.max ? directions.of(key) : undefined;
                return (
                  <tr key={key}>
                    <th scope="row" className="key" title={key}>
                      {key}
                    </th>
                    <td>
                      {series && series.x.length > 1 ? (
                        <Sparkline
                          x={series.x}
                          y={series.y}
                          color={color}
                          label={`${key}: ${counted(series.points, "point")}`}
                        />
                      ) : (
                        <span className="quiet">step {step}</span>
                      )}
                    </td>
                    <td className="right" title={`${value} at step ${step}`}>
                      {showNumber(numberOf(value))}
                    </td>
                    <Extreme value={series?.min} isBest={better === "min"} />
                    <Extreme value={series?.max} isBest={better === "max"} />
                    <td style={{ width: 1 }}>
                      <CopyButton text={String(value)} label={`Copy ${key}`} />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {keys.length > MOST && (
        <p className="quiet content">The first {MOST}: type to find the others.</p>
      )}
    </section>
  );
}

/** The least or greatest value; the better of the two is marked. */
function Extreme({ value, isBest }: { value: number | undefined; isBest: boolean }) {
  if (value === undefined || Number.isNaN(value)) return <td className="right quiet">–</td>;
  return (
    <td className="right" title={`${value}${isBest ? ", the best" : ""}`}>
      {isBest ? <span className="best">{showNumber(value)}</span> : showNumber(value)}
    </td>
  );
}
