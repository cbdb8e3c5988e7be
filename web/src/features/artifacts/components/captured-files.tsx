import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import type { Run } from "@/lib/mlflow";
import { capturedQuery } from "../api/captured-files";
import { pairsOf } from "../captured";
import { fileAddress } from "../sources";
import { FileDiff } from "./file-diff";

/** The files that say how a run was made. */
export function CapturedFiles({ run }: { run: Run }) {
  const files = useQuery(capturedQuery(useQueryClient(), run));
  const { experiment_id: experimentId, run_id: runId } = run.info;
  return (
    <section className="panel" aria-label="Captured files">
      <h2>
        Captured files <span className="quiet">{files.data?.length}</span>
      </h2>
      {files.error && <ErrorState error={files.error} />}
      {files.isPending && <SkeletonRows rows={3} />}
      {files.data?.length === 0 && (
        <p className="quiet content">
          None. mlflow.log_artifacts("src", "code") keeps the code with the run, and a logged model
          brings its requirements.
        </p>
      )}
      {files.data && files.data.length > 0 && (
        <table className="list">
          <tbody>
            {files.data.map((file) => (
              <tr key={file.source.id + file.name}>
                <td className="mono">
                  {file.source.kind === "run" ? (
                    <Link
                      to="/experiments/$experimentId/runs/$runId"
                      params={{ experimentId, runId }}
                      search={{ tab: "artifacts", file: file.path }}
                    >
                      {file.name}
                    </Link>
                  ) : (
                    <a href={fileAddress(file.source, file.path)}>{file.name}</a>
                  )}
                </td>
                <td className="quiet">{file.kind}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** What two runs captured, file by file. */
export function CapturedDiff({ run, other }: { run: Run; other: Run }) {
  const client = useQueryClient();
  const after = useQuery(capturedQuery(client, run));
  const before = useQuery(capturedQuery(client, other));
  const error = after.error ?? before.error;
  if (error) return <ErrorState error={error} />;
  if (!after.data || !before.data) return <SkeletonRows rows={3} />;
  const pairs = pairsOf(before.data, after.data);
  if (pairs.length === 0) return <p className="quiet content">Neither run captured a file.</p>;
  return pairs.map(([name, one, two]) => (
    <FileDiff key={name} name={name} before={one} after={two} />
  ));
}
