import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Sparkline } from "@/components/charts/sparkline";
import { CopyButton } from "@/components/ui/buttons";
import { useDirections } from "@/lib/directions";
import { counted, showNumber } from "@/lib/format";
import { numberOf, type Run } from "@/lib/mlflow";
import { sparksQuery } from "../api/draw-sparks";

const MANY = 15;
const MOST = 500;

/** The metrics of a run: how each went, where it is now, and how far it came. */
export function MetricTable({ run, color }: { run: Run; color: string }) {
  const { run_id, experiment_id, status } = run.info;
  const [find, setFind] = useState("");
  const directions = useDirections(experiment_id);
  const all = useMemo(
    () =>
      (run.data.metrics ?? [])
        .filter(({ key }) => !key.startsWith("system/"))
        .sort((one, other) => one.key.localeCompare(other.key)),
    [run.data.metrics],
  );
  const keyText = JSON.stringify(all.slice(0, MOST).map(({ key }) => key));
  const keys = useMemo(() => JSON.parse(keyText) as string[], [keyText]);
  const sparks = useQuery(sparksQuery(run_id, keys, status === "RUNNING"));
  const shown = all
    .slice(0, MOST)
    .filter(({ key }) => key.toLowerCase().includes(find.toLowerCase()));
  return (
    <section className="panel" aria-label="Metrics">
      <h2>
        Metrics <span className="quiet">{all.length}</span>
      </h2>
      {all.length > MANY && (
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
      {all.length === 0 ? (
        <p className="quiet content">It logged none yet.</p>
      ) : (
        <div style={{ overflowX: "auto" }}>
          <table className="list numbers" aria-label="Metrics">
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
                const better = directions.of(key);
                return (
                  <tr key={key}>
                    <th scope="row" className="key">
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
      {all.length > MOST && (
        <p className="quiet content">The first {MOST}; the others are among the charts.</p>
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
