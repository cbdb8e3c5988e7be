import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { IconButton } from "@/components/ui/buttons";
import { Markdown } from "@/components/ui/markdown";
import { Age } from "@/components/ui/texts";
import { tellDone, tellFailure } from "@/lib/notices";
import { addComment } from "../api/add-comment";
import { deleteComment } from "../api/delete-comment";
import { updateComment } from "../api/update-comment";
import type { VersionDetail } from "../api/version-detail";

type Comment = VersionDetail["comments"][number];

/** What people said about a version. */
export function Comments({
  name,
  version,
  comments,
}: {
  name: string;
  version: string;
  comments: Comment[];
}) {
  const client = useQueryClient();
  const [draft, setDraft] = useState("");
  const changed = () => client.invalidateQueries({ queryKey: ["models"] });
  const say = (text: string) => addComment(name, version, text).then(changed);
  return (
    <section className="panel" aria-label="Comments">
      <h2>
        Comments <span className="quiet">{comments.length}</span>
      </h2>
      <ul className="said" aria-label="Comments">
        {comments.map((comment) => (
          <Said
            key={comment.comment_id}
            comment={comment}
            onSave={(text) => updateComment(comment.comment_id, text).then(changed)}
            onDelete={() =>
              deleteComment(comment.comment_id)
                .then(changed)
                .then(() => tellDone("Deleted the comment.", () => say(comment.comment)))
                .catch(tellFailure)
            }
          />
        ))}
      </ul>
      <form
        className="content row"
        onSubmit={(event) => {
          event.preventDefault();
          say(draft.trim())
            .then(() => setDraft(""))
            .catch(tellFailure);
        }}
      >
        <input
          className="field grow"
          aria-label="Comment"
          placeholder="Say something about this version"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
        />
        <button type="submit" className="button" disabled={!draft.trim()}>
          Comment
        </button>
      </form>
    </section>
  );
}

function Said({
  comment,
  onSave,
  onDelete,
}: {
  comment: Comment;
  onSave: (text: string) => Promise<unknown>;
  onDelete: () => void;
}) {
  const [draft, setDraft] = useState<string | null>(null);
  const save = () => {
    const text = draft?.trim();
    setDraft(null);
    if (text && text !== comment.comment) onSave(text).catch(tellFailure);
  };
  return (
    <li>
      <div className="row">
        <strong>{comment.user || "somebody"}</strong>
        <span className="quiet grow">
          <Age ms={comment.created_ms} />
          {comment.updated_ms !== comment.created_ms && ", changed"}
        </span>
        <IconButton
          icon="pen"
          label="Change the comment"
          onClick={() => setDraft(comment.comment)}
        />
        <IconButton icon="trash" label="Delete the comment" onClick={onDelete} />
      </div>
      {draft === null ? (
        <Markdown text={comment.comment} />
      ) : (
        <input
          className="field"
          style={{ width: "100%" }}
          aria-label="The comment"
          autoFocus
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={save}
          onKeyDown={(event) => {
            if (event.key === "Enter") save();
            if (event.key === "Escape") setDraft(null);
            event.stopPropagation();
          }}
        />
      )}
    </li>
  );
}
