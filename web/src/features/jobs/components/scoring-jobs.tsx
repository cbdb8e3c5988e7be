import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { Age } from "@/components/ui/texts";
import { showCount } from "@/lib/format";
import { tellFailure } from "@/lib/notices";
import { cancelScoring } from "../api/cancel-scoring";
import { type ScoringJob, scoringJobsQuery } from "../api/scoring-jobs";

/** The tables that are scored on the server's machine. */
export function ScoringJobs() {
  const jobs = useQuery(scoringJobsQuery());
  if (jobs.error) return <ErrorState error={jobs.error} />;
  if (!jobs.data) return <SkeletonRows rows={3} />;
  if (jobs.data.length === 0) {
    return <p className="quiet content">No table was scored by this server yet.</p>;
  }
  return (
    <table className="list numbers" aria-label="Scoring jobs">
      <thead>
        <tr>
          <th scope="col">Model</th>
          <th scope="col">Table</th>
          <th scope="col" className="right">
            Rows
          </th>
          <th scope="col">Status</th>
          <th scope="col">Started</th>
          <th scope="col">Actions</th>
        </tr>
      </thead>
      <tbody>
        {jobs.data.map((job) => (
          <Job key={job.job_id} job={job} />
        ))}
      </tbody>
    </table>
  );
}

function Job({ job }: { job: ScoringJob }) {
  const client = useQueryClient();
  const cancel = () =>
    cancelScoring(job.job_id)
      .then(() => client.invalidateQueries({ queryKey: ["scoring"] }))
      .catch(tellFailure);
  return (
    <tr>
      <th scope="row" className="key">
        {job.run_id ? (
          <Link to="/runs/$runId" params={{ runId: job.run_id }}>
            {job.model}
          </Link>
        ) : (
          job.model
        )}
      </th>
      <td className="mono">
        {job.input} → {job.output}
      </td>
      <td className="right">
        {showCount(job.scored_rows)}
        {job.total_rows !== null && ` of ${showCount(job.total_rows)}`}
      </td>
      <td title={job.message}>
        {job.status} {job.status === "failed" && job.message}
      </td>
      <td>
        <Age ms={job.started_ms} />
      </td>
      <td>
        {job.status === "running" && (
          <button type="button" className="button" onClick={() => void cancel()}>
            Cancel
          </button>
        )}
      </td>
    </tr>
  );
}
