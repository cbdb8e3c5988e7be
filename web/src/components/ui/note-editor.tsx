import { useState } from "react";
import { tellDone, tellFailure } from "@/lib/notices";
import { Icon } from "./icon";
import { Markdown } from "./markdown";

/** A note in Markdown, shown as a page and written as text. */
export function NoteEditor({
  note,
  onSave,
}: {
  note: string;
  onSave: (note: string) => Promise<unknown>;
}) {
  const [draft, setDraft] = useState<string | null>(null);
  const save = () => {
    if (draft === null) return;
    const text = draft;
    setDraft(null);
    if (text === note) return;
    onSave(text)
      .then(() => tellDone("Saved the note.", () => onSave(note)))
      .catch((error) => {
        setDraft(text);
        tellFailure(error);
      });
  };
  return (
    <section aria-label="Notes">
      <div className="row" style={{ justifyContent: "space-between" }}>
        <h2 style={{ margin: 0 }}>Notes</h2>
        {draft === null ? (
          <button type="button" className="plain" onClick={() => setDraft(note)}>
            <Icon name="pen" size={11} /> {note ? "Edit the note" : "Write a note"}
          </button>
        ) : (
          <span className="row">
            <button type="button" className="button" onClick={() => setDraft(null)}>
              Cancel
            </button>
            <button type="button" className="button primary" onClick={save}>
              Save
            </button>
          </span>
        )}
      </div>
      {draft === null ? (
        note && <Markdown text={note} />
      ) : (
        <textarea
          className="field mono"
          style={{ width: "100%", marginTop: 6, resize: "vertical" }}
          rows={8}
          aria-label="Note, in Markdown"
          placeholder="Markdown"
          autoFocus
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
            if (event.key === "Escape") setDraft(null);
          }}
        />
      )}
    </section>
  );
}
