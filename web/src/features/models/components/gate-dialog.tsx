import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { RuleField } from "@/components/ui/rule-field";
import { checkGate } from "../api/check-gate";
import type { Gate } from "../api/gates";
import { VerdictTable } from "./verdict";

/** A gate's rule, held against the latest version while it is typed. */
export function GateDialog({
  name,
  gate,
  hasVersions,
  onClose,
  onSet,
}: {
  name: string;
  gate: Gate | null;
  hasVersions: boolean;
  onClose: () => void;
  onSet: (alias: string, rule: string) => Promise<void>;
}) {
  const [alias, setAlias] = useState(gate?.alias ?? "champion");
  const [rule, setRule] = useState(gate?.rule ?? "");
  const asked = useDeferredValue(rule.trim());
  const verdict = useQuery({
    queryKey: ["models", "verdict", name, "latest", asked],
    queryFn: ({ signal }) => checkGate(name, alias || "champion", "latest", asked, signal),
    enabled: hasVersions && asked !== "",
    retry: false,
  });
  return (
    <Dialog
      title={gate ? `The gate of @${gate.alias}` : "New gate"}
      open
      onClose={onClose}
      action={gate ? "Change the gate" : "Set the gate"}
      canAct={alias.trim() !== "" && rule.trim() !== ""}
      onAct={() => onSet(alias.trim(), rule.trim())}
    >
      {!gate && (
        <label className="row" style={{ marginBottom: 8 }}>
          Alias
          <input
            className="field grow"
            aria-label="Alias"
            value={alias}
            onChange={(event) => setAlias(event.target.value)}
          />
        </label>
      )}
      <RuleField
        label="Rule"
        placeholder="metrics.auc >= 0.9 AND metrics.auc > champion.metrics.auc"
        value={rule}
        onChange={setRule}
        error={asked === rule.trim() && rule.trim() && verdict.error ? verdict.error.message : null}
      />
      <p className="quiet">
        Metrics and params are those of the version's model, then of its run; tags are the
        version's. Another version's are named by its alias: champion.metrics.auc.
      </p>
      {verdict.data && asked && (
        <VerdictTable verdict={verdict.data} title="Of the latest version" />
      )}
    </Dialog>
  );
}
