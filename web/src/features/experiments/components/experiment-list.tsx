import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { Choice, Code } from "@/components/ui/buttons";
import { Dialog } from "@/components/ui/dialog";
import { Icon } from "@/components/ui/icon";
import { EmptyState } from "@/components/ui/states";
import { Age } from "@/components/ui/texts";
import { Tick } from "@/components/ui/tick";
import { forEachOf } from "@/lib/at-once";
import { counted, showCount } from "@/lib/format";
import { root } from "@/lib/http";
import { type Experiment, NOTE_TAG, ownTags, tagOf } from "@/lib/mlflow";
import { tellDone, tellFailure } from "@/lib/notices";
import { createExperiment } from "../api/create-experiment";
import { deleteExperiment } from "../api/delete-experiment";
import { restoreExperiment } from "../api/restore-experiment";
import { folderLines } from "../folders";

const MOST_SHOWN = 500;

/** Experiments in their folders: found by name, ticked, compared, deleted. */
export function ExperimentList({
  experiments,
  runs,
  search,
  isDeleted,
  onSearch,
  onOpen,
  onCompare,
}: {
  experiments: Experiment[];
  /** How many runs each has, by its id, once it is known. */
  runs: ReadonlyMap<string, number> | undefined;
  search: string;
  isDeleted: boolean;
  onSearch: (change: { q?: string; state?: "deleted" }) => void;
  onOpen: (id: string) => void;
  onCompare: (ids: string[]) => void;
}) {
  const client = useQueryClient();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [isCreating, setCreating] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const [name, setName] = useState("");
  const refresh = () => client.invalidateQueries({ queryKey: ["experiments"] });
  const fitting = useMemo(() => {
    const wanted = search.toLowerCase();
    const isIn = (one: Experiment) =>
      one.name.toLowerCase().includes(wanted) ||
      one.tags?.some((tag) => tag.value.toLowerCase().includes(wanted));
    return search ? experiments.filter(isIn) : experiments;
  }, [experiments, search]);
  const lines = useMemo(() => folderLines(fitting, closed), [fitting, closed]);
  const chosenIds = experiments.map((one) => one.experiment_id).filter((id) => chosen.has(id));
  const choose = (id: string, checked: boolean) => {
    const next = new Set(chosen);
    if (checked) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const restore = (ids: string[]) =>
    forEachOf(ids, restoreExperiment).then(() => {
      setChosen(new Set());
      return refresh();
    });
  return (
    <>
      <header className="bar">
        <h1>Experiments</h1>
        <input
          className="field grow"
          style={{ maxWidth: 360 }}
          aria-label="Find experiments"
          placeholder="Find by name or tag"
          value={search}
          onChange={(event) => onSearch({ q: event.target.value || undefined })}
        />
        <Choice
          label="State"
          value={isDeleted ? "deleted" : "active"}
          options={[
            ["active", "Active"],
            ["deleted", "Deleted"],
          ]}
          onChange={(state) => {
            setChosen(new Set());
            onSearch({ state: state === "deleted" ? "deleted" : undefined });
          }}
        />
        <button
          type="button"
          className="button primary"
          disabled={chosenIds.length < 2}
          onClick={() => onCompare(chosenIds)}
        >
          Compare{chosenIds.length > 1 && ` (${chosenIds.length})`}
        </button>
        {isDeleted ? (
          <button
            type="button"
            className="button"
            disabled={chosenIds.length === 0}
            onClick={() => {
              restore(chosenIds)
                .then(() => tellDone(`Restored ${counted(chosenIds.length, "experiment")}.`))
                .catch(tellFailure);
            }}
          >
            <Icon name="undo" /> Restore
          </button>
        ) : (
          <button
            type="button"
            className="button danger"
            disabled={chosenIds.length === 0}
            onClick={() => setDeleting(true)}
          >
            <Icon name="trash" /> Delete
          </button>
        )}
        <button type="button" className="button" onClick={() => setCreating(true)}>
          <Icon name="plus" /> New experiment
        </button>
      </header>
      <div className="scroll" tabIndex={0} role="region" aria-label="List of experiments">
        {lines.length === 0 ? (
          <Nothing search={search} isDeleted={isDeleted} />
        ) : (
          <table className="list" aria-label="Experiments">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col" className="right">
                  Runs
                </th>
                <th scope="col">Note</th>
                <th scope="col">Tags</th>
                <th scope="col">Changed</th>
                <th scope="col">Created</th>
              </tr>
            </thead>
            <tbody>
              {lines.slice(0, MOST_SHOWN).map((line) =>
                line.kind === "folder" ? (
                  <tr key={`f ${line.path}`}>
                    <td colSpan={6}>
                      <button
                        type="button"
                        className="plain"
                        style={{ marginLeft: line.depth * 18 }}
                        aria-expanded={!closed.has(line.path)}
                        onClick={() => {
                          const next = new Set(closed);
                          if (!next.delete(line.path)) next.add(line.path);
                          setClosed(next);
                        }}
                      >
                        <Icon name={closed.has(line.path) ? "right" : "down"} size={11} />
                        <Icon name="folder" /> {line.name}
                        <span className="quiet">{line.count}</span>
                      </button>
                    </td>
                  </tr>
                ) : (
                  <ExperimentRow
                    key={line.experiment.experiment_id}
                    experiment={line.experiment}
                    runs={runs && (runs.get(line.experiment.experiment_id) ?? 0)}
                    name={line.name}
                    depth={line.depth}
                    isChosen={chosen.has(line.experiment.experiment_id)}
                    onChoose={choose}
                  />
                ),
              )}
            </tbody>
          </table>
        )}
      </div>
      <div className="foot" role="status">
        {fitting.length} of {counted(experiments.length, "experiment")}
        {lines.length > MOST_SHOWN && ", the first 500 lines shown: type to find others"}
      </div>
      <Dialog
        title="New experiment"
        open={isCreating}
        onClose={() => setCreating(false)}
        action="Create"
        canAct={name.trim() !== ""}
        onAct={async () => {
          const made = await createExperiment(name.trim());
          await refresh();
          setName("");
          onOpen(made.experiment_id);
        }}
      >
        <input
          className="field"
          style={{ width: "100%" }}
          aria-label="Name"
          placeholder="team/project"
          data-autofocus
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <p className="quiet">A slash makes a folder.</p>
      </Dialog>
      <Dialog
        title={`Delete ${counted(chosenIds.length, "experiment")}`}
        open={isDeleting}
        onClose={() => setDeleting(false)}
        action={`Delete ${counted(chosenIds.length, "experiment")}`}
        isDanger
        onAct={async () => {
          const ids = chosenIds;
          await forEachOf(ids, deleteExperiment);
          setChosen(new Set());
          await refresh();
          tellDone(`Deleted ${counted(ids.length, "experiment")}.`, () => restore(ids));
        }}
      >
        <p>With their runs. Deleted experiments can be restored: choose Deleted above the list.</p>
      </Dialog>
    </>
  );
}

function ExperimentRow({
  experiment,
  runs,
  name,
  depth,
  isChosen,
  onChoose,
}: {
  experiment: Experiment;
  runs: number | undefined;
  name: string;
  depth: number;
  isChosen: boolean;
  onChoose: (id: string, checked: boolean) => void;
}) {
  const id = experiment.experiment_id;
  const note = tagOf(experiment.tags, NOTE_TAG)?.split("\n")[0] ?? "";
  return (
    <tr>
      <td>
        <span className="row" style={{ marginLeft: depth * 18 }}>
          <Tick
            label={`Choose ${experiment.name}`}
            checked={isChosen}
            onChange={(checked) => onChoose(id, checked)}
          />
          <Link
            to="/experiments/$experimentId"
            params={{ experimentId: id }}
            title={experiment.name}
          >
            {name}
          </Link>
        </span>
      </td>
      <td className="right numbers">{runs === undefined ? "" : showCount(runs)}</td>
      <td className="quiet truncate">{note}</td>
      <td className="truncate">
        {ownTags(experiment.tags)
          .slice(0, 4)
          .map((tag) => (
            <span key={tag.key} className="badge" style={{ marginRight: 4 }}>
              {tag.key}: {tag.value}
            </span>
          ))}
      </td>
      <td>
        <Age ms={experiment.last_update_time} />
      </td>
      <td>
        <Age ms={experiment.creation_time} />
      </td>
    </tr>
  );
}

function Nothing({ search, isDeleted }: { search: string; isDeleted: boolean }) {
  if (search) return <EmptyState title="No experiment has this in its name or tags" />;
  if (isDeleted) return <EmptyState title="No experiment is deleted" />;
  return (
    <EmptyState title="No experiments yet">
      <p>Log a run, and its experiment is here:</p>
      <Code>{`import mlflow
mlflow.set_tracking_uri("${root.href.replace(/\/$/, "")}")
mlflow.set_experiment("my-experiment")`}</Code>
    </EmptyState>
  );
}
