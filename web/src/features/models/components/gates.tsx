import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { IconButton } from "@/components/ui/buttons";
import { Icon } from "@/components/ui/icon";
import { ErrorState } from "@/components/ui/states";
import { Age } from "@/components/ui/texts";
import { tellDone, tellFailure } from "@/lib/notices";
import { deleteGate } from "../api/delete-gate";
import { type Gate, gatesQuery } from "../api/gates";
import { setGate } from "../api/set-gate";
import { GateDialog } from "./gate-dialog";

/** The rules that a version must pass before an alias is moved to it. */
export function Gates({ name, hasVersions }: { name: string; hasVersions: boolean }) {
  const client = useQueryClient();
  const gates = useQuery(gatesQuery(name));
  const [edited, setEdited] = useState<Gate | "new" | null>(null);
  const changed = () => client.invalidateQueries({ queryKey: ["models"] });
  const remove = (gate: Gate) =>
    deleteGate(name, gate.alias)
      .then(changed)
      .then(() =>
        tellDone(`@${gate.alias} may be moved freely.`, () =>
          setGate(name, gate.alias, gate.rule).then(changed),
        ),
      )
      .catch(tellFailure);
  return (
    <section className="panel" aria-label="Gates">
      <h2 className="row">
        Gates
        <button type="button" className="button" onClick={() => setEdited("new")}>
          <Icon name="plus" /> New gate
        </button>
      </h2>
      {gates.error && <ErrorState error={gates.error} />}
      {gates.data?.length === 0 && (
        <p className="quiet content">
          None: every alias can be moved to any version, by whoever asks. A gate holds an alias to a
          rule, such as metrics.auc &gt; champion.metrics.auc.
        </p>
      )}
      {gates.data && gates.data.length > 0 && (
        <table className="list" aria-label="Gates">
          <thead>
            <tr>
              <th scope="col">Alias</th>
              <th scope="col">Moves only to a version with</th>
              <th scope="col">Set</th>
              <th scope="col">Actions</th>
            </tr>
          </thead>
          <tbody>
            {gates.data.map((gate) => (
              <tr key={gate.alias}>
                <th scope="row" className="key">
                  @{gate.alias}
                </th>
                <td className="mono">{gate.rule}</td>
                <td>
                  <Age ms={gate.created_ms} /> {gate.user && `by ${gate.user}`}
                </td>
                <td style={{ whiteSpace: "nowrap", width: 1 }}>
                  <IconButton
                    icon="pen"
                    label={`Change the gate of ${gate.alias}`}
                    onClick={() => setEdited(gate)}
                  />
                  <IconButton
                    icon="trash"
                    label={`Delete the gate of ${gate.alias}`}
                    onClick={() => void remove(gate)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {edited && (
        <GateDialog
          name={name}
          gate={edited === "new" ? null : edited}
          hasVersions={hasVersions}
          onClose={() => setEdited(null)}
          onSet={async (alias, rule) => {
            await setGate(name, alias, rule);
            await changed();
          }}
        />
      )}
    </section>
  );
}
