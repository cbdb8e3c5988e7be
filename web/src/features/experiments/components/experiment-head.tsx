import { Popover } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { CopyButton } from "@/components/ui/buttons";
import { Icon } from "@/components/ui/icon";
import { InlineEdit } from "@/components/ui/inline-edit";
import { NoteEditor } from "@/components/ui/note-editor";
import { TagTable } from "@/components/ui/tag-table";
import { type Experiment, NOTE_TAG, ownTags, tagOf } from "@/lib/mlflow";
import { tellDone, tellFailure } from "@/lib/notices";
import { deleteExperimentTag } from "../api/delete-experiment-tag";
import { renameExperiment } from "../api/rename-experiment";
import { setExperimentTag } from "../api/set-experiment-tag";

/** An experiment's name, and behind a button its note, tags and place. */
export function ExperimentHead({ experiment }: { experiment: Experiment }) {
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const id = experiment.experiment_id;
  const changed = async () => {
    await client.invalidateQueries({ queryKey: ["experiment", id] });
    await client.invalidateQueries({ queryKey: ["experiments"] });
  };
  const note = tagOf(experiment.tags, NOTE_TAG) ?? "";
  return (
    <>
      <h1 className="truncate">
        <InlineEdit
          label="Rename the experiment"
          value={experiment.name}
          onSave={(name) => {
            const before = experiment.name;
            renameExperiment(id, name)
              .then(changed)
              .then(() =>
                tellDone(`Renamed the experiment to ${name}.`, () =>
                  renameExperiment(id, before).then(changed),
                ),
              )
              .catch(tellFailure);
          }}
        />
      </h1>
      {experiment.lifecycle_stage === "deleted" && <span className="badge">deleted</span>}
      <Popover
        opened={isOpen}
        onChange={setOpen}
        position="bottom-start"
        transitionProps={{ duration: 0 }}
        width={460}
        trapFocus
      >
        <Popover.Target>
          <button type="button" className="button" onClick={() => setOpen(!isOpen)}>
            Notes and tags
            {note && <Icon name="file" size={11} />}
            <Icon name="down" size={11} />
          </button>
        </Popover.Target>
        <Popover.Dropdown style={{ maxHeight: "70vh", overflowY: "auto" }}>
          <NoteEditor
            note={note}
            onSave={(text) => setExperimentTag(id, NOTE_TAG, text).then(changed)}
          />
          <h2 style={{ marginTop: 12 }}>Tags</h2>
          <TagTable
            tags={ownTags(experiment.tags)}
            onSet={(key, value) => setExperimentTag(id, key, value).then(changed)}
            onDelete={(key) => deleteExperimentTag(id, key).then(changed)}
          />
          <p className="quiet">
            Experiment {id}, artifacts at <code>{experiment.artifact_location}</code>
            <CopyButton text={experiment.artifact_location} label="Copy the place" />
          </p>
        </Popover.Dropdown>
      </Popover>
    </>
  );
}
