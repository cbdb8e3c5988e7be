import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { InlineEdit } from "@/components/ui/inline-edit";
import { parseLimit } from "@/lib/byte-sizes";
import { showBytes } from "@/lib/format";
import { tellDone, tellFailure } from "@/lib/notices";
import { changeStorage, type StorageChange } from "../api/change-storage";
import type { Storage } from "../api/storage";

/** Where new files go and how much there may be: each rule explained, and changed where it stands. */
export function StorageRules({ storage, datastores }: { storage: Storage; datastores: string[] }) {
  const client = useQueryClient();
  const changed = async () => {
    await client.invalidateQueries({ queryKey: ["storage"] });
    await client.invalidateQueries({ queryKey: ["datastores"] });
    await client.invalidateQueries({ queryKey: ["audit"] });
  };
  const change = (next: StorageChange, before: StorageChange, said: string) =>
    changeStorage(next)
      .then(changed)
      .then(() => tellDone(said, () => changeStorage(before).then(changed)))
      .catch(tellFailure);
  const limit = (name: "max_file_bytes" | "quota_bytes", title: string) => (
    <InlineEdit
      label={`Change: ${title}`}
      value={shown(storage[name])}
      onSave={(text) => {
        const bytes = parseLimit(text);
        if (bytes === undefined) {
          tellFailure(new Error(`"${text}" is no size. Write it as 500 MB, 2 GB, or no limit.`));
        } else {
          const said = `${title}: ${shown(bytes)}.`;
          void change({ [name]: bytes }, { [name]: storage[name] }, said);
        }
      }}
    />
  );
  return (
    <section className="panel" aria-label="Rules of storage">
      <h2>Rules of storage</h2>
      <table className="list" aria-label="Rules of storage">
        <tbody>
          <Rule
            name="Default datastore"
            meaning="Where new experiments keep their files, unless they name a place."
          >
            <select
              className="field"
              aria-label="Default datastore"
              value={storage.default_datastore}
              onChange={({ target: { value } }) =>
                void change(
                  { default_datastore: value },
                  { default_datastore: storage.default_datastore },
                  `New experiments keep their files in ${value}.`,
                )
              }
            >
              {datastores.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </Rule>
          <Rule name="Largest file" meaning="A larger one is refused while it is sent.">
            {limit("max_file_bytes", "Largest file")}
          </Rule>
          <Rule
            name="All files together"
            meaning="When it is reached, uploads are refused; nothing is deleted."
          >
            {limit("quota_bytes", "All files together")}
          </Rule>
        </tbody>
      </table>
    </section>
  );
}

const shown = (bytes: number | null) => (bytes === null ? "no limit" : showBytes(bytes));

function Rule({ name, meaning, children }: { name: string; meaning: string; children: ReactNode }) {
  return (
    <tr>
      <th scope="row" className="key">
        {name}
      </th>
      <td style={{ whiteSpace: "nowrap" }}>{children}</td>
      <td className="quiet">{meaning}</td>
    </tr>
  );
}
