import { createLazyRoute, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Code } from "@/components/ui/buttons";
import { ScoringJobs } from "@/features/jobs/components/scoring-jobs";
import { root } from "@/lib/http";
import { PageBar, useTitle } from "../shell";

/** Places of parts that this version has not, or not whole: what to do today instead. */
export const endpointsRoute = createLazyRoute("/endpoints")({ component: EndpointsPage });
export const jobsRoute = createLazyRoute("/jobs")({ component: JobsPage });
export const monitorsRoute = createLazyRoute("/monitors")({ component: MonitorsPage });

const server = () => root.href.replace(/\/$/, "");

function LaterPage({
  title,
  will,
  children,
}: {
  title: string;
  /** What will be here. */
  will: string;
  children: ReactNode;
}) {
  useTitle(title);
  return (
    <>
      <PageBar crumbs={[<h1 key="here">{title}</h1>]} />
      <div className="scroll" tabIndex={0} role="region" aria-label={title}>
        <div className="content stack" style={{ maxWidth: 860 }}>
          <p className="later" role="note">
            {will}
          </p>
          {children}
        </div>
      </div>
    </>
  );
}

function Today({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="panel" aria-label={title}>
      <h2>{title}</h2>
      <div className="content">{children}</div>
    </section>
  );
}

function EndpointsPage() {
  return (
    <LaterPage
      title="Endpoints"
      will="This version deploys no model itself. Scoring addresses, the versions behind them with their share of the traffic, keys and logs will be here."
    >
      <Today title="Today: serve a version with MLflow">
        <Code>{`export MLFLOW_TRACKING_URI=${server()}
mlflow models serve -m "models:/NAME@champion" -p 5001

curl http://127.0.0.1:5001/invocations -H 'Content-Type: application/json' \\
  -d '{"dataframe_records": [{"x": 0.5}]}'`}</Code>
        <p>
          The page of each version, below <Link to="/models">Models</Link>, has these lines with its
          own columns. <em>Lock it</em> there says what serves it, so that nobody deletes it.
        </p>
      </Today>
      <Today title="Today: score whole tables">
        <Code>{`millpond score "models:/NAME@champion" rows.parquet predictions.parquet`}</Code>
        <p>
          In constant memory, and going on where it was cut off. <Link to="/jobs">Jobs</Link> shows
          those that run on the server.
        </p>
      </Today>
    </LaterPage>
  );
}

function JobsPage() {
  return (
    <LaterPage
      title="Jobs"
      will="Of jobs this version runs one kind: scoring of tables. Projects in a queue, on computes that are attached here, with their output as it comes and a button that stops them, will be here."
    >
      <section className="panel" aria-label="Scoring of tables">
        <h2>Scoring of tables</h2>
        <ScoringJobs />
      </section>
      <Today title="Today: run a project where you are">
        <Code>{`export MLFLOW_TRACKING_URI=${server()}
mlflow run https://git.example.com/team/project.git -e main -P alpha=0.5 \\
  --experiment-name my-experiment`}</Code>
        <p>
          Its run appears below <Link to="/experiments">Experiments</Link> at once, with commit,
          entry point and params; a log file that it logs can be followed there.
        </p>
      </Today>
    </LaterPage>
  );
}

function MonitorsPage() {
  return (
    <LaterPage
      title="Monitors"
      will="This version watches no data. Schedules that compare what a model sees in production with a baseline, their figures over time, and alerts will be here."
    >
      <Today title="Today: log the figures of each day as one run">
        <Code>{`import mlflow

mlflow.set_tracking_uri("${server()}")
mlflow.set_experiment("monitoring/churn")
with mlflow.start_run(run_name="2026-11-21"):
    mlflow.log_param("version", "3")
    mlflow.log_metrics({"psi/age": 0.04, "psi/income": 0.31, "accuracy": 0.91})`}</Code>
        <p>
          In the table of the experiment a click on a head finds the worst day, a drag over its
          small histogram keeps only those above a limit, and <em>Save this view</em> keeps that for
          everybody.
        </p>
      </Today>
    </LaterPage>
  );
}
