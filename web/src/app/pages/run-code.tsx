import { useQuery, useQueryClient } from "@tanstack/react-query";
import { capturedQuery } from "@/features/artifacts/api/captured-files";
import { environmentOf } from "@/features/artifacts/captured";
import { CapturedDiff, CapturedFiles } from "@/features/artifacts/components/captured-files";
import { fileAddress } from "@/features/artifacts/sources";
import { runQuery } from "@/features/runs/api/get-run";
import { neighboursQuery } from "@/features/runs/api/neighbours";
import { CodeFacts } from "@/features/runs/components/code-facts";
import { Reproduce } from "@/features/runs/components/reproduce";
import { SourceDiff } from "@/features/runs/components/source-diff";
import type { Run } from "@/lib/mlflow";

/** How a run was made: its code and environment, how to do it again, and what another did else. */
export function RunCode({
  run,
  experiment,
  other,
  onOther,
}: {
  run: Run;
  experiment: string;
  other: string | undefined;
  onOther: (runId: string | undefined) => void;
}) {
  const captured = useQuery(capturedQuery(useQueryClient(), run));
  const environment = environmentOf(captured.data ?? []);
  return (
    <div className="content columns">
      <div className="stack">
        <CodeFacts run={run} />
        <CapturedFiles run={run} />
      </div>
      <div className="stack">
        <Reproduce
          run={run}
          experiment={experiment}
          environment={
            environment
              ? {
                  name: environment.path.split("/").pop()!,
                  address: fileAddress(environment.source, environment.path),
                }
              : null
          }
        />
        <section className="panel" aria-label="Compared with another run">
          <h2 className="row wrap">
            What differs from
            <OtherRun run={run} other={other} onOther={onOther} />
          </h2>
          {other ? (
            <Differences run={run} other={other} />
          ) : (
            <p className="quiet content">
              Choose a run to see which params, commit and captured lines it has otherwise.
            </p>
          )}
        </section>
      </div>
    </div>
  );
}

function OtherRun({
  run,
  other,
  onOther,
}: {
  run: Run;
  other: string | undefined;
  onOther: (runId: string | undefined) => void;
}) {
  const runs = useQuery(neighboursQuery(run.info.experiment_id));
  const listed = (runs.data ?? []).filter(([id]) => id !== run.info.run_id);
  const isListed = listed.some(([id]) => id === other);
  return (
    <select
      className="field"
      style={{ maxWidth: 260 }}
      aria-label="The other run"
      value={other ?? ""}
      onChange={(event) => onOther(event.target.value || undefined)}
    >
      <option value="">choose a run</option>
      {other && !isListed && <option value={other}>{other.slice(0, 8)}</option>}
      {listed.map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Differences({ run, other }: { run: Run; other: string }) {
  const found = useQuery(runQuery(other));
  if (found.error) return <p className="bad content">{found.error.message}</p>;
  if (!found.data) return <p className="quiet content">Reading the other run</p>;
  return (
    <>
      <SourceDiff run={run} other={found.data} />
      <CapturedDiff run={run} other={found.data} />
    </>
  );
}
