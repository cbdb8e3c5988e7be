import { useQueryClient } from "@tanstack/react-query";
import { NoteEditor } from "@/components/ui/note-editor";
import { TagTable } from "@/components/ui/tag-table";
import { NOTE_TAG, ownTags, type Run, tagOf } from "@/lib/mlflow";
import { deleteRunTag } from "../api/delete-run-tag";
import { setRunTag } from "../api/set-run-tag";
import { refreshRuns } from "../refresh";

/** A run's note and tags. */
export function RunTags({ run }: { run: Run }) {
  const client = useQueryClient();
  const changed = () => refreshRuns(client);
  const id = run.info.run_id;
  return (
    <>
      <div className="panel content">
        <NoteEditor
          note={tagOf(run.data.tags, NOTE_TAG) ?? ""}
          onSave={(text) => setRunTag(id, NOTE_TAG, text).then(changed)}
        />
      </div>
      <section className="panel" aria-label="Tags">
        <h2>Tags</h2>
        <TagTable
          tags={ownTags(run.data.tags)}
          onSet={(key, value) => setRunTag(id, key, value).then(changed)}
          onDelete={(key) => deleteRunTag(id, key).then(changed)}
        />
      </section>
    </>
  );
}
