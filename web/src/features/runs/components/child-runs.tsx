import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Dot, Status } from "@/components/ui/texts";
import { colorOf } from "@/lib/colors";
import { columnRef } from "@/lib/run-columns";
import { fetchRunTable } from "../api/run-table";

const MOST = 50;

/** The runs below this one. */
export function ChildRuns({ experimentId, runId }: { experimentId: string; runId: string }) {
  const children = useQuery({
    queryKey: ["runs", "children", experimentId, runId],
    queryFn: async ({ signal }) =>
      (
        await fetchRunTable(
          {
            experimentIds: [experimentId],
            columns: ["attributes.run_name", "attributes.status"].map((id) => columnRef(id)!),
            filter: `tags.mlflow.parentRunId = '${runId}'`,
            view: "ACTIVE_ONLY",
            orderBy: [],
            maxRows: 1000,
          },
          signal,
        )
      ).table,
  });
  const table = children.data;
  if (!table?.rows) return null;
  return (
    <section className="panel" aria-label="Child runs">
      <h2 className="row" style={{ justifyContent: "space-between" }}>
        <span>
          Child runs <span className="quiet">{table.rows}</span>
        </span>
        <Link
          to="/experiments/$experimentId"
          params={{ experimentId }}
          search={{ filter: `tags.mlflow.parentRunId = '${runId}'` }}
        >
          as a table
        </Link>
      </h2>
      <table className="list" aria-label="Child runs">
        <tbody>
          {table.runIds.slice(0, MOST).map((id, row) => (
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
              <td>
                <Status status={table.text("attributes.status", row) ?? ""} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
