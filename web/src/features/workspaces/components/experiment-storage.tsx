import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { ErrorState } from "@/components/ui/states";
import { showBytes } from "@/lib/format";
import { folderSizesQuery } from "../api/folder-sizes";

const MOST = 20;

/** What the files of each experiment take; counted when somebody asks, as every file is looked at. */
export function ExperimentStorage({
  datastores,
  initial,
  names,
}: {
  datastores: string[];
  initial: string;
  names: ReadonlyMap<string, string>;
}) {
  const [datastore, setDatastore] = useState(initial);
  const sizes = useQuery(folderSizesQuery(datastore));
  const most = sizes.data?.[0]?.[1] ?? 0;
  return (
    <section className="panel" aria-label="Storage by experiment">
      <h2 className="row wrap">
        Storage by experiment
        <select
          className="field"
          aria-label="Datastore"
          value={datastore}
          onChange={(event) => setDatastore(event.target.value)}
        >
          {datastores.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <button
          type="button"
          className="button"
          disabled={sizes.isFetching}
          onClick={() => void sizes.refetch()}
        >
          {sizes.isFetching ? "Counting" : "Count"}
        </button>
      </h2>
      {sizes.error && <ErrorState error={sizes.error} />}
      {!sizes.data && !sizes.error && (
        <p className="quiet content">Every file is looked at for this: it may take a while.</p>
      )}
      {sizes.data?.length === 0 && <p className="quiet content">No folder is in it.</p>}
      {sizes.data && sizes.data.length > 0 && (
        <table className="list numbers" aria-label="Storage by experiment">
          <tbody>
            {sizes.data.slice(0, MOST).map(([folder, bytes]) => (
              <tr key={folder}>
                <td>
                  {names.has(folder) ? (
                    <Link to="/experiments/$experimentId" params={{ experimentId: folder }}>
                      {names.get(folder)}
                    </Link>
                  ) : (
                    <span className="mono">{folder}</span>
                  )}
                </td>
                <td style={{ width: 160 }}>
                  <span
                    className="share"
                    style={{ width: `${most ? (bytes / most) * 100 : 0}%` }}
                  />
                </td>
                <td className="right">{showBytes(bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {(sizes.data?.length ?? 0) > MOST && (
        <p className="quiet content">
          The {MOST} fullest of {sizes.data?.length}.
        </p>
      )}
    </section>
  );
}
