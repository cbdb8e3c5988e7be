import { useState } from "react";
import { Icon } from "@/components/ui/icon";
import { runsCsv, saveFile } from "@/lib/csv";
import { counted } from "@/lib/format";
import { tellDone, tellFailure } from "@/lib/notices";
import { columnRef } from "@/lib/run-columns";
import type { Keys } from "../api/run-keys";
import { fetchRunTable } from "../api/run-table";
import { DeleteDialog, RestoreDialog } from "./delete-dialog";
import { TagDialog } from "./tag-dialog";

const MOST_COMPARED = 1000;

/** What can be done with the chosen runs. */
export function SelectionBar({
  experimentIds,
  chosen,
  keys,
  isDeleted,
  onClear,
  onCompare,
}: {
  experimentIds: string[];
  /** In the order of the table. */
  chosen: string[];
  keys: Keys | undefined;
  isDeleted: boolean;
  onClear: () => void;
  onCompare: (runIds: string[]) => void;
}) {
  const [dialog, setDialog] = useState<"delete" | "restore" | "tag" | null>(null);
  const close = () => setDialog(null);
  const none = chosen.length === 0;
  return (
    <div className="row wrap" role="toolbar" aria-label="Chosen runs">
      <button
        type="button"
        className="button primary"
        disabled={chosen.length < 2 || chosen.length > MOST_COMPARED}
        title={chosen.length > MOST_COMPARED ? "At most 1,000 runs can be compared" : undefined}
        onClick={() => onCompare(chosen)}
      >
        Compare{chosen.length > 1 && ` (${chosen.length})`}
      </button>
      <button
        type="button"
        className="button"
        disabled={none}
        onClick={() => {
          downloadCsv(experimentIds, chosen, keys, isDeleted).catch(tellFailure);
        }}
      >
        <Icon name="download" /> Download CSV
      </button>
      <button type="button" className="button" disabled={none} onClick={() => setDialog("tag")}>
        <Icon name="tag" /> Tag
      </button>
      {isDeleted ? (
        <button
          type="button"
          className="button"
          disabled={none}
          onClick={() => setDialog("restore")}
        >
          <Icon name="undo" /> Restore
        </button>
      ) : (
        <button
          type="button"
          className="button danger"
          disabled={none}
          onClick={() => setDialog("delete")}
        >
          <Icon name="trash" /> Delete
        </button>
      )}
      {!none && (
        <>
          <span>{counted(chosen.length, "run")} chosen</span>
          <button type="button" className="plain" onClick={onClear}>
            Clear
          </button>
        </>
      )}
      <DeleteDialog
        experimentIds={experimentIds}
        runIds={chosen}
        open={dialog === "delete"}
        onClose={close}
        onDone={onClear}
      />
      <RestoreDialog
        experimentIds={experimentIds}
        runIds={chosen}
        open={dialog === "restore"}
        onClose={close}
        onDone={onClear}
      />
      <TagDialog
        runIds={chosen}
        keys={keys?.tags.map(({ key }) => key) ?? []}
        open={dialog === "tag"}
        onClose={close}
      />
    </div>
  );
}

/** A file of the chosen runs with every param and metric that one of them has. */
async function downloadCsv(
  experimentIds: string[],
  chosen: string[],
  keys: Keys | undefined,
  isDeleted: boolean,
): Promise<void> {
  const params = keys?.params.map(({ key }) => key) ?? [];
  const metrics = keys?.metrics.map(({ key }) => key) ?? [];
  const ids = [
    ...["run_name", "user_id", "status"].map((key) => `attributes.${key}`),
    "tags.mlflow.source.type",
    "tags.mlflow.source.name",
    ...params.map((key) => `params.${key}`),
    ...metrics.map((key) => `metrics.${key}`),
  ];
  // Of a few runs only theirs are asked for; many are found among all.
  const filter =
    chosen.length <= MOST_COMPARED
      ? `attributes.run_id IN (${chosen.map((id) => `'${id}'`).join(", ")})`
      : "";
  const { table } = await fetchRunTable({
    experimentIds,
    columns: ids.map((id) => columnRef(id)!),
    filter,
    view: isDeleted ? "DELETED_ONLY" : "ACTIVE_ONLY",
    orderBy: [],
  });
  const rowOf = new Map(table.runIds.map((id, row) => [id, row]));
  const rows = chosen.map((id) => rowOf.get(id)).filter((row) => row !== undefined);
  const isThere = (kind: "params" | "metrics") => (key: string) => {
    const column = table.column(`${kind}.${key}`);
    return column !== undefined && rows.some((row) => column.has(row));
  };
  const text = runsCsv(
    table,
    rows,
    params.filter(isThere("params")),
    metrics.filter(isThere("metrics")),
  );
  saveFile("runs.csv", text, "text/csv;charset=utf-8");
  tellDone(`Wrote ${counted(rows.length, "run")} to runs.csv.`);
}
