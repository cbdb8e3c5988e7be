import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Icon, type IconName } from "@/components/ui/icon";
import { type ModelVersion, type Run, tagOf } from "@/lib/mlflow";

/** Where a version comes from, from left to right: data, run, version, and what names it. */
export function Lineage({
  version,
  run,
  aliases,
  holders,
}: {
  version: ModelVersion;
  run: Run | null;
  aliases: string[];
  /** What says that it uses the version. */
  holders: string[];
}) {
  const data = run?.inputs?.dataset_inputs ?? [];
  return (
    <section className="panel" aria-label="Lineage">
      <h2>Lineage</h2>
      <ol
        className="content row wrap"
        style={{ listStyle: "none", margin: 0, gap: 6 }}
        aria-label="From data to version"
      >
        {data.length > 0 && (
          <Step icon="data" title="Data">
            {data.map(({ dataset, tags }) => (
              <div key={dataset.name + dataset.digest}>
                {dataset.name} <span className="quiet">{tagOf(tags, "mlflow.data.context")}</span>
              </div>
            ))}
          </Step>
        )}
        {run && (
          <Step icon="flask" title="Run">
            <Link
              to="/experiments/$experimentId/runs/$runId"
              params={{ experimentId: run.info.experiment_id, runId: run.info.run_id }}
            >
              {run.info.run_name}
            </Link>
          </Step>
        )}
        <Step icon="box" title="Version">
          {version.name} {version.version}
        </Step>
        {aliases.length > 0 && (
          <Step icon="tag" title="Known as">
            {aliases.map((alias) => `@${alias}`).join(", ")}
          </Step>
        )}
        {holders.length > 0 && (
          <Step icon="link" title="Used by">
            {holders.join(", ")}
          </Step>
        )}
      </ol>
    </section>
  );
}

function Step({ icon, title, children }: { icon: IconName; title: string; children: ReactNode }) {
  return (
    <li className="row step">
      <div className="panel" style={{ padding: "6px 10px" }}>
        <div className="quiet row">
          <Icon name={icon} /> {title}
        </div>
        {children}
      </div>
      <Icon name="right" />
    </li>
  );
}
