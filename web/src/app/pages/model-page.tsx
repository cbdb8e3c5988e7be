import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { Icon } from "@/components/ui/icon";
import { InlineEdit } from "@/components/ui/inline-edit";
import { NoteEditor } from "@/components/ui/note-editor";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { TagTable } from "@/components/ui/tag-table";
import { deleteModel } from "@/features/models/api/delete-model";
import { deleteModelTag } from "@/features/models/api/delete-model-tag";
import { describeModel } from "@/features/models/api/describe-model";
import { modelQuery } from "@/features/models/api/get-model";
import { renameModel } from "@/features/models/api/rename-model";
import { versionsQuery } from "@/features/models/api/search-versions";
import { setModelTag } from "@/features/models/api/set-model-tag";
import { ActivityLog } from "@/features/models/components/activity";
import { Gates } from "@/features/models/components/gates";
import { VersionComparison } from "@/features/models/components/version-comparison";
import { VersionTable } from "@/features/models/components/version-table";
import { ownTags } from "@/lib/mlflow";
import { tellFailure } from "@/lib/notices";
import { PageBar, useTitle } from "../shell";

export const route = createLazyRoute("/models/$name")({ component: ModelPage });

/** One registered model: what it is for, and its versions. */
function ModelPage() {
  const { name } = route.useParams();
  const { compare } = route.useSearch();
  useTitle(name);
  const navigate = useNavigate();
  const client = useQueryClient();
  const model = useQuery(modelQuery(name));
  const versions = useQuery(versionsQuery(name));
  const [isDeleting, setDeleting] = useState(false);
  const chosen = new Set(compare);
  const changed = () => client.invalidateQueries({ queryKey: ["models"] });
  const error = model.error ?? versions.error;
  if (error) return <ErrorState error={error} />;
  const compared = (versions.data ?? []).filter(({ version }) => chosen.has(version));
  return (
    <>
      <PageBar
        crumbs={[
          <Link key="all" to="/models">
            Models
          </Link>,
          <h1 key="here">
            <InlineEdit
              label="Rename the model"
              value={name}
              onSave={(next) =>
                void renameModel(name, next)
                  .then(changed)
                  .then(() =>
                    navigate({ to: "/models/$name", params: { name: next }, replace: true }),
                  )
                  .catch(tellFailure)
              }
            />
          </h1>,
        ]}
      >
        <span className="grow" />
        <button type="button" className="button danger" onClick={() => setDeleting(true)}>
          <Icon name="trash" /> Delete
        </button>
      </PageBar>
      <div className="scroll content stack" tabIndex={0} role="region" aria-label="Model">
        {!model.data || !versions.data ? (
          <SkeletonRows />
        ) : (
          <>
            {compared.length > 1 && <VersionComparison versions={compared} />}
            <section className="panel" aria-label="Versions">
              <h2>
                Versions{" "}
                <span className="quiet">{versions.data.length}; tick two to compare them</span>
              </h2>
              <VersionTable
                model={model.data}
                versions={versions.data}
                chosen={chosen}
                onChoose={(version, checked) => {
                  const next = checked
                    ? [...chosen, version]
                    : [...chosen].filter((one) => one !== version);
                  void navigate({
                    to: "/models/$name",
                    params: { name },
                    search: { compare: next.length ? next : undefined },
                    replace: true,
                  });
                }}
              />
            </section>
            <Gates name={name} hasVersions={versions.data.length > 0} />
            <div className="panel content">
              <NoteEditor
                note={model.data.description ?? ""}
                onSave={(text) => describeModel(name, text).then(changed)}
              />
            </div>
            <section className="panel" aria-label="Tags">
              <h2>Tags</h2>
              <TagTable
                tags={ownTags(model.data.tags)}
                onSet={(key, value) => setModelTag(name, key, value).then(changed)}
                onDelete={(key) => deleteModelTag(name, key).then(changed)}
              />
            </section>
            <ActivityLog
              name={name}
              versions={new Set(versions.data.map(({ version }) => version))}
            />
          </>
        )}
      </div>
      <Dialog
        title={`Delete ${name}`}
        open={isDeleting}
        onClose={() => setDeleting(false)}
        action={`Delete the model and ${versions.data?.length ?? 0} versions`}
        isDanger
        onAct={async () => {
          await deleteModel(name);
          await navigate({ to: "/models" });
          await changed();
        }}
      >
        <p>A model and its versions cannot be restored. The runs and their files stay.</p>
      </Dialog>
    </>
  );
}
