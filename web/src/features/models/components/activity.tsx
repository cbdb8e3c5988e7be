import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ErrorState } from "@/components/ui/states";
import { Age } from "@/components/ui/texts";
import { activityWords } from "../activity-words";
import { activitiesQuery } from "../api/activities";

const MOST = 50;

/** What was done to a model, or to one version of it, the latest first. */
export function ActivityLog({
  name,
  version,
  versions,
}: {
  name: string;
  version?: string;
  /** The versions that are there: the others have no page any more. */
  versions?: ReadonlySet<string>;
}) {
  const found = useQuery(activitiesQuery(name, version, MOST));
  return (
    <section className="panel" aria-label="Activity">
      <h2>Activity</h2>
      {found.error && <ErrorState error={found.error} />}
      {found.data?.length === 0 && <p className="quiet content">Nothing happened yet.</p>}
      {found.data && found.data.length > 0 && (
        <table className="list" aria-label="Activity">
          <tbody>
            {found.data.map((activity, i) => (
              <tr key={i}>
                <td style={{ whiteSpace: "nowrap", width: 1 }}>
                  <Age ms={activity.created_ms} />
                </td>
                <td>{activity.user}</td>
                {version === undefined && (
                  <td style={{ whiteSpace: "nowrap", width: 1 }}>
                    <VersionName name={name} number={activity.version} versions={versions} />
                  </td>
                )}
                <td>{activityWords(activity)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {found.data?.length === MOST && <p className="quiet content">The latest {MOST}.</p>}
    </section>
  );
}

function VersionName({
  name,
  number,
  versions,
}: {
  name: string;
  number: number | null;
  versions: ReadonlySet<string> | undefined;
}) {
  if (number === null) return null;
  const version = String(number);
  if (!versions?.has(version)) return `Version ${version}`;
  return (
    <Link to="/models/$name/versions/$version" params={{ name, version }}>
      {`Version ${version}`}
    </Link>
  );
}
