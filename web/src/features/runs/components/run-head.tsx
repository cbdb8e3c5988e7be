import { Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CopyButton, copyText } from "@/components/ui/buttons";
import { Icon } from "@/components/ui/icon";
import { InlineEdit } from "@/components/ui/inline-edit";
import { Age, Dot, Status } from "@/components/ui/texts";
import { colorOf } from "@/lib/colors";
import { shortId, showDuration } from "@/lib/format";
import { type Run, tagOf } from "@/lib/mlflow";
import { tellDone, tellFailure } from "@/lib/notices";
import { sourceOf } from "@/lib/source-links";
import { useNow } from "@/lib/times";
import { renameRun } from "../api/rename-run";
import { refreshRuns } from "../refresh";

/** A run's name, and on one line how it stands, when, how long, by whom, from what. */
export function RunHead({
  run,
  onDelete,
  onRestore,
}: {
  run: Run;
  onDelete: () => void;
  onRestore: () => void;
}) {
  const client = useQueryClient();
  const now = useNow(1_000);
  const { info } = run;
  const source = sourceOf(run.data.tags);
  const parent = tagOf(run.data.tags, "mlflow.parentRunId");
  const isDeleted = info.lifecycle_stage === "deleted";
  const rename = async (name: string) => {
    const before = info.run_name;
    await renameRun(info.run_id, name);
    refreshRuns(client);
    tellDone(`Renamed the run to ${name}.`, async () => {
      await renameRun(info.run_id, before);
      refreshRuns(client);
    });
  };
  return (
    <>
      <h1 className="row" style={{ minWidth: 0 }}>
        <Dot color={colorOf(info.run_id)} />
        {isDeleted ? (
          info.run_name
        ) : (
          <InlineEdit
            label="Rename the run"
            value={info.run_name}
            onSave={(name) => void rename(name).catch(tellFailure)}
          />
        )}
      </h1>
      {isDeleted && <span className="badge">deleted</span>}
      <span className="grow" />
      <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
        <Menu.Target>
          <button type="button" className="button" aria-label="More about this run">
            <Icon name="dots" />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            onClick={() => {
              void copyText(`mlflow.get_run("${info.run_id}")`);
              tellDone("The line is on the clipboard.");
            }}
          >
            Copy the line that loads it
          </Menu.Item>
          {isDeleted ? (
            <Menu.Item onClick={onRestore}>Restore</Menu.Item>
          ) : (
            <Menu.Item color="red" onClick={onDelete}>
              Delete
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <div className="facts" style={{ flexBasis: "100%" }}>
        <Status status={info.status} />
        <span className="fact">
          <Icon name="clock" /> <Age ms={info.start_time} />,{" "}
          {showDuration((info.end_time || now) - info.start_time)}
        </span>
        {info.user_id && (
          <span className="fact">
            <Icon name="user" /> {info.user_id}
          </span>
        )}
        {source.name && (
          <span className="fact" title={source.title}>
            <Icon name="file" />
            {source.link ? (
              <a href={source.link} target="_blank" rel="noopener noreferrer">
                {source.name}
              </a>
            ) : (
              <span className="truncate">{source.name}</span>
            )}
          </span>
        )}
        {source.version && (
          <span className="fact" title={`Version ${source.version}`}>
            <Icon name="branch" />
            {source.versionLink ? (
              <a href={source.versionLink} target="_blank" rel="noopener noreferrer">
                {shortId(source.version)}
              </a>
            ) : (
              <span className="mono">{shortId(source.version)}</span>
            )}
            {source.branch && <span className="quiet">{source.branch}</span>}
          </span>
        )}
        <span className="fact mono quiet">
          {shortId(info.run_id)}
          <CopyButton text={info.run_id} label="Copy the run ID" />
        </span>
        {parent && (
          <Link to="/runs/$runId" params={{ runId: parent }}>
            its parent
          </Link>
        )}
      </div>
    </>
  );
}
