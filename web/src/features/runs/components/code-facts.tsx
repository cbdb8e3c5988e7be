import { CopyButton } from "@/components/ui/buttons";
import { type Run, tagOf } from "@/lib/mlflow";
import { sourceOf } from "@/lib/source-links";

const TITLES: Record<string, string> = {
  "mlflow.source.name": "Source",
  "mlflow.source.type": "Kind of source",
  "mlflow.source.git.commit": "Git commit",
  "mlflow.source.git.branch": "Git branch",
  "mlflow.source.git.repoURL": "Git repository",
  "mlflow.project.entryPoint": "Entry point",
  "mlflow.project.env": "Project environment",
  "mlflow.project.backend": "Project backend",
  "mlflow.databricks.notebookPath": "Notebook",
  "mlflow.databricks.notebookRevisionID": "Notebook revision",
  "mlflow.databricks.cluster.id": "Cluster",
  "mlflow.databricks.cluster.libraries": "Cluster libraries",
  "mlflow.docker.image.uri": "Docker image",
  "mlflow.user": "User",
};

/** What was captured of the code and where it ran. */
export function CodeFacts({ run }: { run: Run }) {
  const source = sourceOf(run.data.tags);
  const facts = Object.entries(TITLES)
    .map(([key, title]) => [title, tagOf(run.data.tags, key)] as const)
    .filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  if (!facts.length) {
    return (
      <section className="panel" aria-label="Code and environment">
        <h2>Code and environment</h2>
        <p className="quiet content">
          Nothing was noted of its code. Runs that a Python client starts in a git clone say their
          commit, branch and file.
        </p>
      </section>
    );
  }
  return (
    <section className="panel" aria-label="Code and environment">
      <h2>Code and environment</h2>
      <table className="list">
        <tbody>
          {facts.map(([title, value]) => (
            <tr key={title}>
              <th scope="row" style={{ position: "static", width: 140 }}>
                {title}
              </th>
              <td className="mono">
                {title === "Git commit" && source.versionLink ? (
                  <a href={source.versionLink} target="_blank" rel="noopener noreferrer">
                    {value}
                  </a>
                ) : (
                  value
                )}
              </td>
              <td style={{ width: 1 }}>
                <CopyButton text={value} label={`Copy ${title.toLowerCase()}`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
