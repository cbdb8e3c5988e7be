import { useMemo, useState } from "react";
import { columnRef, columnTitle, type RunTable } from "@/lib/run-columns";
import { explainedByGroups, rankCorrelation } from "@/lib/statistics";

interface Told {
  id: string;
  /** -1 to 1 for numbers, 0 to 1 for texts. */
  value: number;
  isText: boolean;
}

/** Which param moves a metric: a ranked list, with what it is made of and what it cannot say. */
export function Explained({
  table,
  params,
  metrics,
  kept,
}: {
  table: RunTable;
  params: string[];
  metrics: string[];
  kept: ReadonlySet<string>;
}) {
  const [metric, setMetric] = useState(metrics[0]!);
  const told = useMemo(() => rank(table, params, metric, kept), [table, params, metric, kept]);
  return (
    <section className="panel" style={{ margin: 12 }} aria-label="Which param moves a metric">
      <h2 className="row wrap">
        Which param moves
        <select
          className="field"
          aria-label="Metric"
          value={metric}
          onChange={(event) => setMetric(event.target.value)}
        >
          {metrics.map((id) => (
            <option key={id} value={id}>
              {columnTitle(columnRef(id)!)}
            </option>
          ))}
        </select>
        ?
      </h2>
      {told.length === 0 ? (
        <p className="quiet content">Too few runs, or nothing varies, to tell.</p>
      ) : (
        <table className="list numbers" style={{ width: "auto" }}>
          <tbody>
            {told.map(({ id, value, isText }) => (
              <tr key={id}>
                <th scope="row" style={{ position: "static" }}>
                  {columnTitle(columnRef(id)!)}
                </th>
                <td style={{ width: 180 }}>
                  <span
                    style={{
                      display: "block",
                      height: 10,
                      borderRadius: 2,
                      width: `${Math.abs(value) * 100}%`,
                      background: value < 0 ? "#d55e00" : "#0072b2",
                    }}
                  />
                </td>
                <td className="right">{value.toFixed(2)}</td>
                <td className="quiet">{isText ? "η² of ranks" : "rank correlation"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="quiet content" style={{ margin: 0 }}>
        Numbers: Spearman's rank correlation ρ = cov(rank x, rank y) / (σ σ), negative where more of
        the param goes with less of the metric. Texts: the share of the ranks' variance that lies
        between the values. Each param is taken alone, over {kept.size} runs: params that were
        changed together share the credit, and what goes up and then down shows as nothing.
      </p>
    </section>
  );
}

function rank(
  table: RunTable,
  params: string[],
  metric: string,
  kept: ReadonlySet<string>,
): Told[] {
  const rows = table.runIds.flatMap((id, row) => (kept.has(id) ? [row] : []));
  const target = rows.map((row) => table.number(metric, row));
  const found: Told[] = [];
  for (const id of params) {
    const column = table.column(id);
    if (!column) continue;
    const isText = column.form === "text" && column.numbers() === null;
    const value = isText
      ? explainedByGroups(
          rows.map((row) => column.codes[row]!),
          target,
        )
      : rankCorrelation(
          rows.map((row) => column.number(row)),
          target,
        );
    if (!Number.isNaN(value)) found.push({ id, value, isText });
  }
  return found.sort((one, other) => Math.abs(other.value) - Math.abs(one.value)).slice(0, 12);
}
