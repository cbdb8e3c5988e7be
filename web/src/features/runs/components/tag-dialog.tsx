import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { forEachOf } from "@/lib/at-once";
import { counted } from "@/lib/format";
import { tellDone } from "@/lib/notices";
import { setRunTag } from "../api/set-run-tag";
import { refreshRuns } from "../refresh";

/** One tag for many runs. */
export function TagDialog({
  runIds,
  keys,
  open,
  onClose,
}: {
  runIds: string[];
  keys: string[];
  open: boolean;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  return (
    <Dialog
      title={`Tag ${counted(runIds.length, "run")}`}
      open={open}
      onClose={onClose}
      action="Set the tag"
      canAct={key.trim() !== ""}
      onAct={async () => {
        await forEachOf(runIds, (id) => setRunTag(id, key.trim(), value));
        refreshRuns(client);
        tellDone(`Tagged ${counted(runIds.length, "run")} with ${key.trim()}.`);
      }}
    >
      <div className="row">
        <input
          className="field grow"
          aria-label="Name"
          placeholder="Name"
          list="tag-keys"
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <input
          className="field grow"
          aria-label="Value"
          placeholder="Value"
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
      </div>
      <datalist id="tag-keys">
        {keys.map((known) => (
          <option key={known} value={known} />
        ))}
      </datalist>
    </Dialog>
  );
}
