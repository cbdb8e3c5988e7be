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

/** Deletes runs, with those below them unless it is unticked; says how many first. */
export function DeleteDialog({
  experimentIds,
  runIds,
  open,
  onClose,
  onDone,
}: {
  experimentIds: string[];
  runIds: string[];
  open: boolean;
  onClose: () => void;
  onDone: () => void;
}) {
  const client = useQueryClient();
  const [withChildren, setWithChildren] = useState(true);
  const below = useQuery({
    queryKey: ["runs", "descendants", experimentIds, runIds],
    queryFn: () => findDescendants(experimentIds, runIds, "ACTIVE_ONLY"),
    enabled: open,
    staleTime: 0,
  });
  const children = below.data ?? [];
  const doomed = withChildren ? [...runIds, ...children] : runIds;
  const act = async () => {
    await forEachOf(doomed, deleteRun);
    refreshRuns(client);
    onDone();
    tellDone(`Deleted ${counted(doomed.length, "run")}.`, async () => {
      await forEachOf(doomed, restoreRun);
      refreshRuns(client);
    });
  };
  return (
    <Dialog
      title={`Delete ${counted(runIds.length, "run")}`}
      open={open}
      onClose={onClose}
      action={`Delete ${counted(doomed.length, "run")}`}
      isDanger
      canAct={below.isSuccess}
      onAct={act}
    >
      <p>Deleted runs can be restored: choose State, Deleted.</p>
      {children.length > 0 && (
        <label className="row">
          <input
            type="checkbox"
            checked={withChildren}
            onChange={(event) => setWithChildren(event.target.checked)}
          />
          Delete the {counted(children.length, "run")} below too
        </label>
      )}
    </Dialog>
  );
}

/** Brings deleted runs back. */
export function RestoreDialog({
  experimentIds,
  runIds,
  open,
  onClose,
  onDone,
}: {
  experimentIds: string[];
  runIds: string[];
  open: boolean;
  onClose: () => void;
  onDone: () => void;
}) {
  const client = useQueryClient();
  const [withChildren, setWithChildren] = useState(true);
  const below = useQuery({
    queryKey: ["runs", "deleted descendants", experimentIds, runIds],
    queryFn: () => findDescendants(experimentIds, runIds, "DELETED_ONLY"),
    enabled: open,
    staleTime: 0,
  });
  const children = below.data ?? [];
  const wanted = withChildren ? [...runIds, ...children] : runIds;
  const act = async () => {
    await forEachOf(wanted, restoreRun);
    refreshRuns(client);
    onDone();
    tellDone(`Restored ${counted(wanted.length, "run")}.`);
  };
  return (
    <Dialog
      title={`Restore ${counted(runIds.length, "run")}`}
      open={open}
      onClose={onClose}
      action={`Restore ${counted(wanted.length, "run")}`}
      canAct={below.isSuccess}
      onAct={act}
    >
      <p>They will be among the active runs again.</p>
      {children.length > 0 && (
        <label className="row">
          <input
            type="checkbox"
            checked={withChildren}
            onChange={(event) => setWithChildren(event.target.checked)}
          />
          Restore the {counted(children.length, "deleted run")} below too
        </label>
      )}
    </Dialog>
  );
}
