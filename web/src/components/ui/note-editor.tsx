import { useCallback, useEffect, useRef, useState } from "react";
import { tellDone, tellFailure } from "@/lib/notices";
import { Icon } from "./icon";
import { Markdown } from "./markdown";

const PAUSE_MS = 800;

/** A note in Markdown, shown as a page and written as text; kept while it is typed. */
export function NoteEditor({
  note,
  onSave,
}: {
  note: string;
  onSave: (note: string) => Promise<unknown>;
}) {
  const [draft, setDraft] = useState<string | null>(null);
  const [state, setState] = useState<"saved" | "saving">("saved");
  // What it was when the editor was opened, and what of the draft is kept already.
  const before = useRef(note);
  const kept = useRef(note);
  const keep = useLatest((text: string) => {
    if (text === kept.current) return Promise.resolve();
    const last = kept.current;
    kept.current = text;
    setState("saving");
    return onSave(text)
      .then(() => setState("saved"))
      .catch((error: unknown) => {
        kept.current = last;
        tellFailure(error);
      });
  });
  const open = () => {
    before.current = note;
    kept.current = note;
    setDraft(note);
  };
  useEffect(() => {
    if (draft === null) return;
    const timer = setTimeout(() => void keep(draft), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft, keep]);
  // Who leaves the page in the middle of a word has it kept as well.
  const typed = useRef(draft);
  typed.current = draft;
  useEffect(
    () => () => {
      if (typed.current !== null) void keep(typed.current);
    },
    [keep],
  );
  const done = () => {
    if (draft === null) return;
    const [text, old] = [draft, before.current];
    setDraft(null);
    void keep(text);
    if (text !== old) tellDone("Saved the note.", () => onSave(old));
  };
  const giveUp = () => {
    setDraft(null);
    void keep(before.current);
  };
  return (
    <section aria-label="Notes">
      <div className="row" style={{ justifyContent: "space-between" }}>
        <h2 style={{ margin: 0 }}>Notes</h2>
        {draft === null ? (
          <button type="button" className="plain" onClick={open}>
            <Icon name="pen" size={11} /> {note ? "Edit the note" : "Write a note"}
          </button>
        ) : (
          <span className="row">
            <span className="quiet" role="status">
              {state === "saving" || draft !== kept.current ? "saving" : "saved"}
            </span>
            <button type="button" className="button" onClick={giveUp}>
              As it was
            </button>
            <button type="button" className="button primary" onClick={done}>
              Done
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
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) done();
            if (event.key === "Escape") done();
          }}
        />
      )}
    </section>
  );
}

/** The same function for ever, which does what it was last made to do. */
function useLatest<Given, Answer>(act: (given: Given) => Answer): (given: Given) => Answer {
  const latest = useRef(act);
  latest.current = act;
  return useCallback((given: Given) => latest.current(given), []);
}
