import { useQueries } from "@tanstack/react-query";
import { filesQuery } from "../api/list-files";
import { Preview } from "./preview";

const MOST = 12;

/** The same file of several runs, side by side. */
export function CompareArtifacts({
  runs,
  file,
  onFile,
}: {
  runs: [id: string, name: string][];
  file: string | undefined;
  onFile: (file: string) => void;
}) {
  const shown = runs.slice(0, MOST);
  const folder = file?.includes("/") ? file.slice(0, file.lastIndexOf("/")) : "";
  const tops = useQueries({
    queries: shown.map(([id]) => filesQuery({ kind: "run", id }, "")),
  });
  const inner = useQueries({
    queries: folder ? shown.map(([id]) => filesQuery({ kind: "run", id }, folder)) : [],
  });
  const found = [...tops, ...inner].flatMap((query) => query.data ?? []);
  const files = [...new Set(found.filter((one) => !one.is_dir).map((one) => one.path))].sort();
  const folders = [...new Set(found.filter((one) => one.is_dir).map((one) => one.path))].sort();
  const chosen = file && !file.endsWith("/") ? file : files[0];
  return (
    <div className="content">
      <div className="row wrap" style={{ marginBottom: 8 }}>
        <label className="row">
          File
          <select
            className="field"
            value={chosen ?? ""}
            onChange={(event) => onFile(event.target.value)}
          >
            {files.map((path) => (
              <option key={path}>{path}</option>
            ))}
            {folders.map((path) => (
              <option key={path} value={`${path}/`}>
                {path}/ (open the folder)
              </option>
            ))}
          </select>
        </label>
        {runs.length > MOST && <span className="quiet">the first {MOST} runs</span>}
      </div>
      {!chosen ? (
        <p className="quiet">These runs have no files.</p>
      ) : (
        <div className="cards" style={{ padding: 0 }}>
          {shown.map(([id, name]) => (
            <section key={id} className="card" aria-label={name}>
              <div className="head truncate">{name}</div>
              <div
                className="preview"
                tabIndex={0}
                role="region"
                aria-label={`${chosen} of ${name}`}
              >
                <Preview source={{ kind: "run", id }} path={chosen} />
              </div>
            </section>
          ))}
        </div>
      )}
    </div>
  );
}
