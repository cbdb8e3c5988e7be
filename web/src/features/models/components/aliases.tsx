import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { IconButton } from "@/components/ui/buttons";
import { RequestFailed } from "@/lib/http";
import type { RegisteredModel } from "@/lib/mlflow";
import { tellDone, tellFailure } from "@/lib/notices";
import { checkGate, type Verdict } from "../api/check-gate";
import { deleteAlias } from "../api/delete-alias";
import { gatesQuery } from "../api/gates";
import { setAlias } from "../api/set-alias";
import { VerdictTable } from "./verdict";
import { aliasesOf } from "./version-table";

interface Refusal {
  alias: string;
  verdict: Verdict;
}

/** The names that stand for a version. Where a gate refuses one, it says why. */
export function Aliases({ model, version }: { model: RegisteredModel; version: string }) {
  const client = useQueryClient();
  const gates = useQuery(gatesQuery(model.name));
  const [draft, setDraft] = useState("");
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const { name } = model;
  const changed = () => client.invalidateQueries({ queryKey: ["models"] });
  const holderOf = (alias: string) =>
    model.aliases?.find((one) => one.alias === alias)?.version ?? null;
  const move = async (alias: string) => {
    const before = holderOf(alias);
    setRefusal(null);
    try {
      await setAlias(name, alias, version);
    } catch (failure) {
      const isGate = failure instanceof RequestFailed && failure.code === "BAD_REQUEST";
      const verdict = isGate ? await checkGate(name, alias, version).catch(() => null) : null;
      if (verdict && !verdict.passes) setRefusal({ alias, verdict });
      else tellFailure(failure);
      return;
    }
    setDraft("");
    await changed();
    tellDone(
      before ? `Moved @${alias} from version ${before}.` : `Version ${version} is @${alias}.`,
      () => (before ? setAlias(name, alias, before) : deleteAlias(name, alias)).then(changed),
    );
  };
  const remove = async (alias: string) => {
    await deleteAlias(name, alias);
    await changed();
    tellDone(`Version ${version} is not @${alias} any more.`, () =>
      setAlias(name, alias, version).then(changed),
    );
  };
  const gate = gates.data?.find((one) => one.alias === draft.trim());
  return (
    <section className="panel" aria-label="Aliases">
      <h2>Aliases</h2>
      <form
        className="content row wrap"
        onSubmit={(event) => {
          event.preventDefault();
          move(draft.trim()).catch(tellFailure);
        }}
      >
        {aliasesOf(model, version).map((one) => (
          <span key={one} className="chip">
            @{one}
            <IconButton
              icon="cross"
              label={`Take away @${one}`}
              onClick={() => void remove(one).catch(tellFailure)}
            />
          </span>
        ))}
        <input
          className="field"
          aria-label="New alias"
          placeholder="champion"
          value={draft}
          onChange={(event) => {
            setDraft(event.target.value);
            setRefusal(null);
          }}
        />
        <button type="submit" className="button" disabled={!draft.trim()}>
          Add
        </button>
        {gate && !refusal && (
          <span className="quiet">
            has a gate: <span className="mono">{gate.rule}</span>
          </span>
        )}
      </form>
      {refusal && (
        <div role="alert">
          <p className="bad content" style={{ margin: 0 }}>
            Version {version} does not pass the gate of @{refusal.alias}, which stays where it is.
          </p>
          <VerdictTable verdict={refusal.verdict} title="The gate's verdict" />
        </div>
      )}
    </section>
  );
}
