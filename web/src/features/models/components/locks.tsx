import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { Age } from "@/components/ui/texts";
import { tellDone, tellFailure } from "@/lib/notices";
import { lockVersion } from "../api/lock-version";
import { unlockVersion } from "../api/unlock-version";
import type { VersionDetail } from "../api/version-detail";

/** What uses a version; it cannot be deleted meanwhile. */
export function Locks({
  name,
  version,
  locks,
}: {
  name: string;
  version: string;
  locks: VersionDetail["locks"];
}) {
  const client = useQueryClient();
  const [isLocking, setLocking] = useState(false);
  const [holder, setHolder] = useState("");
  const [reason, setReason] = useState("");
  const changed = () => client.invalidateQueries({ queryKey: ["models"] });
  const unlock = (lock: VersionDetail["locks"][number]) =>
    unlockVersion(name, version, lock.holder)
      .then(changed)
      .then(() =>
        tellDone(`${lock.holder} does not hold version ${version} any more.`, () =>
          lockVersion(name, version, lock.holder, lock.reason).then(changed),
        ),
      )
      .catch(tellFailure);
  return (
    <section className="panel" aria-label="In use">
      <h2 className="row">
        In use
        <button type="button" className="button" onClick={() => setLocking(true)}>
          Lock it
        </button>
      </h2>
      {locks.length === 0 ? (
        <p className="quiet content">Nothing says that it uses this version: it can be deleted.</p>
      ) : (
        <table className="list" aria-label="Locks">
          <tbody>
            {locks.map((lock) => (
              <tr key={lock.holder}>
                <th scope="row" className="key">
                  {lock.holder}
                </th>
                <td>{lock.reason}</td>
                <td>
                  <Age ms={lock.created_ms} /> {lock.user && `by ${lock.user}`}
                </td>
                <td style={{ width: 1 }}>
                  <button type="button" className="button" onClick={() => void unlock(lock)}>
                    Unlock
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Dialog
        title={`Lock version ${version}`}
        open={isLocking}
        onClose={() => setLocking(false)}
        action="Lock it"
        canAct={holder.trim() !== ""}
        onAct={async () => {
          await lockVersion(name, version, holder.trim(), reason.trim());
          await changed();
          setHolder("");
          setReason("");
        }}
      >
        <p>While it is in use, neither the version nor its model can be deleted.</p>
        <div className="row wrap">
          <input
            className="field grow"
            aria-label="Used by"
            placeholder="endpoint churn"
            data-autofocus
            value={holder}
            onChange={(event) => setHolder(event.target.value)}
          />
          <input
            className="field grow"
            aria-label="Reason"
            placeholder="takes all of the traffic"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </div>
      </Dialog>
    </section>
  );
}
