import { Code } from "@/components/ui/buttons";
import { root } from "@/lib/http";
import type { Run } from "@/lib/mlflow";
import { type EnvironmentFile, reproduction } from "@/lib/reproduce";

/** The commands that run it again, to be copied by one click. */
export function Reproduce({
  run,
  experiment,
  environment,
}: {
  run: Run;
  experiment: string;
  environment: EnvironmentFile | null;
}) {
  const server = root.href.replace(/\/$/, "");
  const commands = reproduction(run, experiment, server, environment);
  return (
    <section className="panel" aria-label="Reproduce">
      <h2>Reproduce</h2>
      <div className="content">
        {commands ? (
          <>
            <Code>{commands}</Code>
            <p className="quiet">
              Params are given as flags, as <span className="mono">mlflow run</span> gives them to a
              script: take out those that the script sets itself.
              {!environment && " What it had installed was not captured."}
            </p>
          </>
        ) : (
          <p className="quiet">
            Nothing says what was started. A Python client in a git clone notes file, repository and
            commit by itself; elsewhere the tags mlflow.source.name and mlflow.source.git.commit say
            so.
          </p>
        )}
      </div>
    </section>
  );
}
