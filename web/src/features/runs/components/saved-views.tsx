import { Menu } from "@mantine/core";
import { useState } from "react";
import { copyText } from "@/components/ui/buttons";
import { Dialog } from "@/components/ui/dialog";
import { Icon } from "@/components/ui/icon";
import { tellDone, tellFailure } from "@/lib/notices";
import { type RunsView, readView } from "../view";

/** Views under a name, kept with the experiment for everyone who works on it. */
export function SavedViews({
  saved,
  view,
  onOpen,
  onSave,
  onDelete,
}: {
  saved: [name: string, view: string][];
  view: RunsView;
  onOpen: (view: RunsView) => void;
  onSave: (name: string, view: string) => Promise<unknown>;
  onDelete: (name: string) => Promise<unknown>;
}) {
  const [isSaving, setSaving] = useState(false);
  const [name, setName] = useState("");
  return (
    <>
      <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
        <Menu.Target>
          <button type="button" className="button">
            <Icon name="star" /> Views
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {saved.map(([known, text]) => (
            <div key={known} className="row">
              <Menu.Item className="grow" onClick={() => onOpen(readView(parsed(text)))}>
                {known}
              </Menu.Item>
              <Menu.Item
                style={{ width: "auto" }}
                aria-label={`Delete the view ${known}`}
                onClick={() =>
                  void onDelete(known)
                    .then(() => tellDone(`Deleted the view ${known}.`, () => onSave(known, text)))
                    .catch(tellFailure)
                }
              >
                <Icon name="trash" size={12} />
              </Menu.Item>
            </div>
          ))}
          {saved.length > 0 && <Menu.Divider />}
          <Menu.Item onClick={() => setSaving(true)}>Save this view</Menu.Item>
          <Menu.Item
            onClick={() => {
              void copyText(location.href).then(() => tellDone("The link is on the clipboard."));
            }}
          >
            Copy a link to it
          </Menu.Item>
          <Menu.Item onClick={() => onOpen({})}>Back to the plain view</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Dialog
        title="Save this view"
        open={isSaving}
        onClose={() => setSaving(false)}
        action="Save"
        canAct={name.trim() !== ""}
        onAct={async () => {
          await onSave(name.trim(), JSON.stringify(view));
          tellDone(`Saved the view ${name.trim()}.`);
        }}
      >
        <p>Filter, columns, order and charts, for everyone who opens this experiment.</p>
        <input
          className="field"
          style={{ width: "100%" }}
          aria-label="Name"
          placeholder="Name"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Dialog>
    </>
  );
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
