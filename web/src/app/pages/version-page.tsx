import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { Icon } from "@/components/ui/icon";
import { NoteEditor } from "@/components/ui/note-editor";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { TagTable } from "@/components/ui/tag-table";
import { Age } from "@/components/ui/texts";
import { ModelCard } from "@/features/artifacts/components/model-card";
import { deleteVersion } from "@/features/models/api/delete-version";
import { deleteVersionTag } from "@/features/models/api/delete-version-tag";
import { describeVersion } from "@/features/models/api/describe-version";
import { modelQuery } from "@/features/models/api/get-model";
import { versionQuery } from "@/features/models/api/get-version";
import { moveVersion } from "@/features/models/api/move-version";
import { runOfVersionQuery } from "@/features/models/api/run-of-version";
import { setVersionTag } from "@/features/models/api/set-version-tag";
import { versionDetailQuery } from "@/features/models/api/version-detail";
import { ActivityLog } from "@/features/models/components/activity";
import { Aliases } from "@/features/models/components/aliases";
import { Comments } from "@/features/models/components/comments";
import { Lineage } from "@/features/models/components/lineage";
import { Locks } from "@/features/models/components/locks";
import { Requests } from "@/features/models/components/requests";
import { aliasesOf } from "@/features/models/components/version-table";
import { type ModelVersion, ownTags } from "@/lib/mlflow";
import { tellDone, tellFailure } from "@/lib/notices";
import { PageBar, useTitle } from "../shell";

export const route = createLazyRoute("/models/$name/versions/$version")({ component: VersionPage });

const STAGES = ["None", "Staging", "Production", "Archived"];

/** One version of a model: where it came from, where it stands, how to use it. */
function VersionPage() {
  const { name, version } = route.useParams();
  useTitle(`${name} ${version}`);
  const navigate = useNavigate();
  const client = useQueryClient();
  const model = useQuery(modelQuery(name));
  const found = useQuery(versionQuery(name, version));
  const run = useQuery({
    ...runOfVersionQuery(found.data?.run_id),
    enabled: found.isSuccess,
  });
  const detail = useQuery(versionDetailQuery(name, version));
  const [isDeleting, setDeleting] = useState(false);
  const changed = () => client.invalidateQueries({ queryKey: ["models"] });
  if (found.error) return <ErrorState error={found.error} />;
  const aliases = aliasesOf(model.data, version);
  const files = found.data && modelFiles(found.data);
  return (
    <>
      <PageBar
        crumbs={[
          <Link key="all" to="/models">
            Models
          </Link>,
          <Link key="model" to="/models/$name" params={{ name }}>
            {name}
          </Link>,
          <h1 key="here">Version {version}</h1>,
        ]}
      >
        {found.data && (
          <>
            <label className="row">
              Stage
              <select
                className="field"
                aria-label="Stage"
                value={found.data.current_stage}
                onChange={(event) => {
                  const before = found.data.current_stage;
                  const stage = event.target.value;
                  moveVersion(name, version, stage)
                    .then(changed)
                    .then(() =>
                      tellDone(`Version ${version} is in ${stage}.`, () =>
                        moveVersion(name, version, before).then(changed),
                      ),
                    )
                    .catch(tellFailure);
                }}
              >
                {STAGES.map((stage) => (
                  <option key={stage}>{stage}</option>
                ))}
              </select>
            </label>
            <span className="quiet">
              made <Age ms={Number(found.data.creation_timestamp)} />
            </span>
          </>
        )}
        <span className="grow" />
        <button type="button" className="button danger" onClick={() => setDeleting(true)}>
          <Icon name="trash" /> Delete
        </button>
      </PageBar>
      <div className="scroll content stack" tabIndex={0} role="region" aria-label="Version">
        {!found.data ? (
          <SkeletonRows />
        ) : (
          <>
            <Lineage
              version={found.data}
              run={run.data ?? null}
              aliases={aliases}
              holders={(detail.data?.locks ?? []).map(({ holder }) => holder)}
            />
            {model.data && <Aliases model={model.data} version={version} />}
            {files && (
              <ModelCard
                title="Use it"
                uri={`models:/${name}/${version}`}
                source={files.source}
                folder={files.folder}
              />
            )}
            <div className="panel content">
              <NoteEditor
                note={found.data.description ?? ""}
                onSave={(text) => describeVersion(name, version, text).then(changed)}
              />
            </div>
            <Requests name={name} version={version} stages={STAGES.slice(1)} />
            {detail.data && (
              <>
                <Locks name={name} version={version} locks={detail.data.locks} />
                <Comments name={name} version={version} comments={detail.data.comments} />
              </>
            )}
            <section className="panel" aria-label="Tags">
              <h2>Tags</h2>
              <TagTable
                tags={ownTags(found.data.tags)}
                onSet={(key, value) => setVersionTag(name, version, key, value).then(changed)}
                onDelete={(key) => deleteVersionTag(name, version, key).then(changed)}
              />
            </section>
            <ActivityLog name={name} version={version} />
            <p className="quiet mono">{found.data.source}</p>
          </>
        )}
      </div>
      <Dialog
        title={`Delete version ${version} of ${name}`}
        open={isDeleting}
        onClose={() => setDeleting(false)}
        action="Delete the version"
        isDanger
        onAct={async () => {
          await deleteVersion(name, version);
          await navigate({ to: "/models/$name", params: { name } });
          await changed();
        }}
      >
        <p>A version cannot be restored. Its run and files stay.</p>
      </Dialog>
    </>
  );
}

/** Where the files of a version are, if a run or a logged model has them. */
function modelFiles(version: ModelVersion) {
  const model = version.model_id || /^models:\/(m-[0-9a-f]{32})$/.exec(version.source)?.[1];
  if (model) return { source: { kind: "model" as const, id: model }, folder: "" };
  const below = /^runs:\/([0-9a-f]{32})\/(.+)$/.exec(version.source);
  if (below) return { source: { kind: "run" as const, id: below[1]! }, folder: below[2]! };
  const inRun =
    version.run_id && new RegExp(`/${version.run_id}/artifacts/(.+)$`).exec(version.source);
  return inRun
    ? { source: { kind: "run" as const, id: version.run_id! }, folder: inRun[1]! }
    : null;
}
