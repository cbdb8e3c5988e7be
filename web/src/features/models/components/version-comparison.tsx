import { useQueries } from "@tanstack/react-query";
import { useState } from "react";
import { showNumber, showTime } from "@/lib/format";
import type { ModelVersion, Run } from "@/lib/mlflow";
import { tagOf } from "@/lib/mlflow";
import { runOfVersionQuery } from "../api/run-of-version";

/** Versions side by side: what they are, and the params and metrics of the runs they came from. */
export function VersionComparison({ versions }: { versions: ModelVersion[] }) {
  const [isAll, setAll] = useState(false);
  const runs = useQueries({
    queries: versions.map((version) => runOfVersionQuery(version.run_id)),
  });
  const found = runs.map((query) => query.data ?? null);
  const rows = comparisonRows(versions, found);
  const shown = rows.filter(({ values }) => isAll || new Set(values).size > 1);
  return (
    <section className="panel" aria-label="Versions compared">
      <h2 className="row">
        Versions compared
        <label className="row" style={{ fontWeight: 400 }}>
          <input
            type="checkbox"
            checked={!isAll}
            onChange={(event) => setAll(!event.target.checked)}
          />
          Show diff only
        </label>
      </h2>
      <div style={{ overflowX: "auto" }} tabIndex={0} role="region" aria-label="Comparison">
        <table className="list numbers">
          <thead>
            <tr>
              <th scope="col" />
              {versions.map(({ version }) => (
                <th key={version} scope="col">
                  Version {version}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ name, values }) => (
              <tr key={name}>
                <th scope="row" style={{ position: "static" }}>
                  {name}
                </th>
                {values.map((value, i) => (
                  <td key={i} className={new Set(values).size > 1 ? "differs" : ""}>
                    {value}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length === 0 && <p className="quiet content">They do not differ.</p>}
    </section>
  );
}

function comparisonRows(versions: ModelVersion[], runs: (Run | null)[]) {
  const rows = [
    { name: "stage", values: versions.map((version) => version.current_stage) },
    { name: "made", values: versions.map((one) => showTime(Number(one.creation_timestamp))) },
    { name: "run", values: runs.map((run) => run?.info.run_name ?? "") },
    {
      name: "commit",
      values: runs.map((run) => tagOf(run?.data.tags, "mlflow.source.git.commit") ?? ""),
    },
  ];
  const keys = (part: "params" | "metrics") =>
    [...new Set(runs.flatMap((run) => (run?.data[part] ?? []).map(({ key }) => key)))].sort();
  for (const key of keys("metrics")) {
    const values = runs.map((run) => {
      const metric = run?.data.metrics?.find((one) => one.key === key);
      return metric ? showNumber(Number(metric.value)) : "";
    });
    rows.push({ name: `metrics.${key}`, values });
  }
  for (const key of keys("params")) {
    rows.push({ name: `params.${key}`, values: runs.map((r) => tagOf(r?.data.params, key) ?? "") });
  }
  return rows;
}
