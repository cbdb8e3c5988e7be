import { useState } from "react";
import type { Tag } from "@/lib/mlflow";
import { tellDone, tellFailure } from "@/lib/notices";
import { CopyButton, IconButton } from "./buttons";

/** Tags, to be added, changed and deleted in place. */
export function TagTable({
  tags,
  onSet,
  onDelete,
}: {
  tags: Tag[];
  onSet: (key: string, value: string) => Promise<unknown>;
  onDelete: (key: string) => Promise<unknown>;
}) {
  const [edited, setEdited] = useState<string | null>(null);
  const [draft, setDraft] = useState("");
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const save = (tag: Tag) => {
    setEdited(null);
    if (draft === tag.value) return;
    onSet(tag.key, draft)
      .then(() => tellDone(`Changed the tag ${tag.key}.`, () => onSet(tag.key, tag.value)))
      .catch(tellFailure);
  };
  const remove = (tag: Tag) => {
    onDelete(tag.key)
      .then(() => tellDone(`Deleted the tag ${tag.key}.`, () => onSet(tag.key, tag.value)))
      .catch(tellFailure);
  };
  return (
    <>
      {tags.length > 0 && (
        <table className="list" aria-label="Tags">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Value</th>
              <th scope="col">Actions</th>
            </tr>
          </thead>
          <tbody>
            {tags.map((tag) => (
              <tr key={tag.key}>
                <td>{tag.key}</td>
                <td>
                  {edited === tag.key ? (
                    <input
                      className="field"
                      aria-label={`Value of ${tag.key}`}
                      autoFocus
                      value={draft}
                      onChange={(event) => setDraft(event.target.value)}
                      onBlur={() => save(tag)}
                      onKeyDown={(event) => {
                        if (event.key === "Enter") save(tag);
                        if (event.key === "Escape") setEdited(null);
                        event.stopPropagation();
                      }}
                    />
                  ) : (
                    tag.value
                  )}
                </td>
                <td style={{ whiteSpace: "nowrap", width: 1 }}>
                  <IconButton
                    icon="pen"
                    label={`Edit ${tag.key}`}
                    onClick={() => {
                      setDraft(tag.value);
                      setEdited(tag.key);
                    }}
                  />
                  <CopyButton text={tag.value} label={`Copy ${tag.key}`} />
                  <IconButton
                    icon="trash"
                    label={`Delete ${tag.key}`}
                    onClick={() => remove(tag)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <form
        className="row"
        style={{ padding: "8px 10px" }}
        onSubmit={(event) => {
          event.preventDefault();
          if (!name.trim()) return;
          onSet(name.trim(), value)
            .then(() => {
              setName("");
              setValue("");
            })
            .catch(tellFailure);
        }}
      >
        <input
          className="field grow"
          aria-label="Name of a new tag"
          placeholder="Name"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <input
          className="field grow"
          aria-label="Value of a new tag"
          placeholder="Value"
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
        <button type="submit" className="button" disabled={!name.trim()}>
          Add
        </button>
      </form>
    </>
  );
}
