import { type Run, tagOf } from "@/lib/mlflow";
import { sourceOf } from "@/lib/source-links";

/** Params and places of the code that differ between two runs. */
export function SourceDiff({ run, other }: { run: Run; other: Run }) {
  const rows = differences(run, other);
  const link = compareLink(run, other);
  return (
    <section aria-label="Params and code that differ">
      {rows.length === 0 ? (
        <p className="quiet content">The same params, from the same commit.</p>
      ) : (
        <table className="list" aria-label="Differences">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">{other.info.run_name}</th>
              <th scope="col">{run.info.run_name} (this run)</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, before, after]) => (
              <tr key={name}>
                <th scope="row" className="key">
                  {name}
                </th>
                <td className="mono">{before ?? "–"}</td>
                <td className="mono">{after ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {link && (
        <p className="content">
          <a href={link} target="_blank" rel="noopener noreferrer">
            What was committed in between
          </a>
        </p>
      )}
    </section>
  );
}

const PLACES = {
  "mlflow.source.git.commit": "commit",
  "mlflow.source.git.branch": "branch",
  "mlflow.source.git.repoURL": "repository",
  "mlflow.project.entryPoint": "entry point",
};

type Row = [name: string, before: string | undefined, after: string | undefined];

export function differences(run: Run, other: Run): Row[] {
  const paramOf = (of: Run, key: string) => of.data.params?.find((one) => one.key === key)?.value;
  const keys = [run, other].flatMap((one) => (one.data.params ?? []).map(({ key }) => key));
  const rows: Row[] = [
    ["source", sourceOf(other.data.tags).name, sourceOf(run.data.tags).name],
    ...Object.entries(PLACES).map(
      ([tag, name]): Row => [name, tagOf(other.data.tags, tag), tagOf(run.data.tags, tag)],
    ),
    ...[...new Set(keys)]
      .sort((one, two) => one.localeCompare(two))
      .map((key): Row => [`params.${key}`, paramOf(other, key), paramOf(run, key)]),
  ];
  return rows.filter(([, before, after]) => before !== after);
}

/** The page of a repository that shows the commits between those of the two. */
function compareLink(run: Run, other: Run): string | null {
  const [after, before] = [sourceOf(run.data.tags), sourceOf(other.data.tags)];
  const repository = after.versionLink?.replace(/\/commit\/[^/]+$/, "");
  if (!repository || !before.version || before.version === after.version) return null;
  if (before.versionLink !== `${repository}/commit/${before.version}`) return null;
  return `${repository}/compare/${before.version}...${after.version}`;
}
