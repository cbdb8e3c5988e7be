import { useQuery } from "@tanstack/react-query";
import { ErrorState } from "@/components/ui/states";
import { Age } from "@/components/ui/texts";
import { auditQuery } from "../api/audit";

const MOST = 20;

/** What was deleted or changed in the workspace, the latest first. */
export function Audit() {
  const entries = useQuery(auditQuery(MOST));
  return (
    <section className="panel" aria-label="Audit log">
      <h2>Audit log</h2>
      {entries.error && <ErrorState error={entries.error} />}
      {entries.data?.length === 0 && (
        <p className="quiet content">
          Nothing yet. Files that are deleted, datastores and limits that are changed are noted
          here.
        </p>
      )}
      {entries.data && entries.data.length > 0 && (
        <table className="list" aria-label="Audit log">
          <tbody>
            {entries.data.map((entry, i) => (
              <tr key={i}>
                <td style={{ whiteSpace: "nowrap", width: 1 }}>
                  <Age ms={entry.at_ms} />
                </td>
                <td>{entry.who}</td>
                <td>{entry.action}</td>
                <td className="mono">{entry.target}</td>
                <td className="quiet">{entry.detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
