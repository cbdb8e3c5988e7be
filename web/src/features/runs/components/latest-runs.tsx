import { Link } from "@tanstack/react-router";
import { SkeletonRows } from "@/components/ui/states";
import { Age, Dot, Status } from "@/components/ui/texts";
import { colorOf } from "@/lib/colors";
import type { Latest } from "../api/latest-runs";

/** What was started last, in whichever experiment. */
export function LatestRuns({
  latest,
  names,
}: {
  latest: Latest | undefined;
  names: ReadonlyMap<string, string>;
}) {
  const table = latest?.table;
  return (
    <section className="panel" aria-label="Latest runs">
      <h2>Latest runs</h2>
      {!table && <SkeletonRows rows={6} />}
      {table?.rows === 0 && <p className="quiet content">No run yet.</p>}
      {table && table.rows > 0 && (
        <table className="list" aria-label="Latest runs">
          <tbody>
            {table.runIds.map((id, row) => {
              const experimentId = table.text("attributes.experiment_id", row) ?? "0";
              return (
                <tr key={id}>
                  <td>
                    <Dot color={colorOf(id)} />{" "}
                    <Link
                      to="/experiments/$experimentId/runs/$runId"
                      params={{ experimentId, runId: id }}
                    >
                      {table.text("attributes.run_name", row) || id.slice(0, 8)}
                    </Link>
                  </td>
                  <td className="truncate">
                    <Link to="/experiments/$experimentId" params={{ experimentId }}>
                      {names.get(experimentId) ?? experimentId}
                    </Link>
                  </td>
                  <td>
                    <Status status={table.text("attributes.status", row) ?? ""} />
                  </td>
                  <td>{table.text("attributes.user_id", row)}</td>
                  <td>
                    <Age ms={table.number("attributes.start_time", row)} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}
