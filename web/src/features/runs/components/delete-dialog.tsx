import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { forEachOf } from "@/lib/at-once";
import { counted } from "@/lib/format";
import { tellDone } from "@/lib/notices";
import { deleteRun } from "../api/delete-run";
import { findDescendants } from "../api/descendants";
import { restoreRun } from "../api/restore-run";
import { refreshRuns } from "../refresh";

interface Chosen {
  experimentIds: string[];
  runIds: string[];
  open: boolean;
  onClose: () => void;
  onDone: () => void;
}

/** Deletes runs, with those below them unless it is unticked; says how many first. */
export function DeleteDialog(chosen: Chosen) {
  const client = useQueryClient();
  const act = async (doomed: string[]) => {
    await forEachOf(doomed, deleteRun);
    refreshRuns(client);
    chosen.onDone();
    tellDone(`Deleted ${counted(doomed.length, "run")}.`, async () => {
      await forEachOf(doomed, restoreRun);
      refreshRuns(client);
    });
  };
  return (
    <RunsDialog
      {...chosen}
      verb="Delete"
      below={{ key: "descendants", view: "ACTIVE_ONLY", name: "run" }}
      isDanger
      onAct={act}
    >
      Deleted runs can be restored: choose State, Deleted.
    </RunsDialog>
  );
}

/** Brings deleted runs back. */
export function RestoreDialog(chosen: Chosen) {
  const client = useQueryClient();
  const act = async (wanted: string[]) => {
    await forEachOf(wanted, restoreRun);
    refreshRuns(client);
    chosen.onDone();
    tellDone(`Restored ${counted(wanted.length, "run")}.`);
  };
  return (
    <RunsDialog
      {...chosen}
      verb="Restore"
      below={{ key: "deleted descendants", view: "DELETED_ONLY", name: "deleted run" }}
      onAct={act}
    >
      They will be among the active runs again.
    </RunsDialog>
  );
}

/** Asks before something is done to runs, and to those below them unless that is unticked. */
function RunsDialog({
  experimentIds,
  runIds,
  open,
  onClose,
  verb,
  below,
  isDanger,
  onAct,
  children,
}: Chosen & {
  verb: string;
  below: { key: string; view: "ACTIVE_ONLY" | "DELETED_ONLY"; name: string };
  isDanger?: boolean;
  onAct: (ids: string[]) => Promise<void>;
  children: string;
}) {
  const [withDescendants, setWithDescendants] = useState(true);
  const found = useQuery({
    queryKey: ["runs", below.key, experimentIds, runIds],
    queryFn: () => findDescendants(experimentIds, runIds, below.view),
    enabled: open,
    staleTime: 0,
  });
  const descendants = found.data ?? [];
  const ids = withDescendants ? [...runIds, ...descendants] : runIds;
  return (
    <Dialog
      title={`${verb} ${counted(runIds.length, "run")}`}
      open={open}
      onClose={onClose}
      action={`${verb} ${counted(ids.length, "run")}`}
      isDanger={isDanger}
      canAct={found.isSuccess}
      onAct={() => onAct(ids)}
    >
      <p>{children}</p>
      {descendants.length > 0 && (
        <label className="row">
          <input
            type="checkbox"
            checked={withDescendants}
            onChange={(event) => setWithDescendants(event.target.checked)}
          />
          {verb} the {counted(descendants.length, below.name)} below too
        </label>
      )}
    </Dialog>
  );
}
