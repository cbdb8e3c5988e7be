import { Link } from "@tanstack/react-router";
import { Age } from "@/components/ui/texts";
import { Tick } from "@/components/ui/tick";
import type { ModelVersion, RegisteredModel } from "@/lib/mlflow";

/** The names that stand for a version: `champion`, ... */
export function aliasesOf(model: RegisteredModel | undefined, version: string): string[] {
  return (model?.aliases ?? []).filter((one) => one.version === version).map(({ alias }) => alias);
}

/** A model's versions, the newest first. */
export function VersionTable({
  model,
  versions,
  chosen,
  onChoose,
}: {
  model: RegisteredModel;
  versions: ModelVersion[];
  chosen: ReadonlySet<string>;
  onChoose: (version: string, checked: boolean) => void;
}) {
  return (
    <table className="list" aria-label="Versions">
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col">Aliases</th>
          <th scope="col">Stage</th>
          <th scope="col">Made</th>
          <th scope="col">Run</th>
          <th scope="col">Description</th>
        </tr>
      </thead>
      <tbody>
        {versions.map((version) => (
          <tr key={version.version}>
            <td>
              <span className="row">
                <Tick
                  label={`Choose version ${version.version}`}
                  checked={chosen.has(version.version)}
                  onChange={(checked) => onChoose(version.version, checked)}
                />
                <Link
                  to="/models/$name/versions/$version"
                  params={{ name: model.name, version: version.version }}
                >
                  Version {version.version}
                </Link>
                {version.status !== "READY" && <span className="badge">{version.status}</span>}
              </span>
            </td>
            <td>
              {aliasesOf(model, version.version).map((alias) => (
                <span key={alias} className="badge" style={{ marginRight: 4 }}>
                  @{alias}
                </span>
              ))}
            </td>
            <td>{version.current_stage === "None" ? "" : version.current_stage}</td>
            <td>
              <Age ms={Number(version.creation_timestamp)} />
            </td>
            <td>{version.run_id && <RunLink runId={version.run_id} />}</td>
            <td className="truncate">{version.description?.split("\n")[0]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function RunLink({ runId }: { runId: string }) {
  return (
    <Link to="/runs/$runId" params={{ runId }} className="mono">
      {runId.slice(0, 8)}
    </Link>
  );
}
