import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { useCallback, useRef } from "react";
import { Icon } from "@/components/ui/icon";
import { EmptyState, ErrorState, SkeletonRows } from "@/components/ui/states";
import { ArtifactBrowser } from "@/features/artifacts/components/artifact-browser";
import { datastoresQuery } from "@/features/data/api/datastores";
import { uploadFile } from "@/features/data/api/upload-file";
import { counted, showBytes } from "@/lib/format";
import { isNotServed } from "@/lib/http";
import { tellDone, tellFailure } from "@/lib/notices";
import { PageBar, useTitle } from "../shell";

export const route = createLazyRoute("/data")({ component: DataPage });

/** The datastores, and what is in them. */
function DataPage() {
  useTitle("Data");
  const { store, file } = route.useSearch();
  const navigate = useNavigate();
  const client = useQueryClient();
  const stores = useQuery(datastoresQuery());
  const picker = useRef<HTMLInputElement>(null);
  const open = useCallback(
    (path: string) => void navigate({ to: "/data", search: { store, file: path }, replace: true }),
    [navigate, store],
  );
  const chosen = stores.data?.find(({ name }) => name === store);
  const folder = file?.includes("/") ? file.slice(0, file.lastIndexOf("/") + 1) : "";
  const upload = async (files: File[]) => {
    for (const one of files) await uploadFile(chosen!.name, folder + one.name, one);
    await client.invalidateQueries({ queryKey: ["files", "datastore", chosen!.name] });
    tellDone(`Uploaded ${counted(files.length, "file")} to ${chosen!.name}/${folder}`);
  };
  return (
    <>
      <PageBar
        crumbs={
          chosen
            ? [
                <Link key="all" to="/data">
                  Data
                </Link>,
                <h1 key="here">{chosen.name}</h1>,
              ]
            : [<h1 key="here">Data</h1>]
        }
      >
        {chosen && (
          <>
            <span className="grow" />
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              aria-label="Files to upload"
              onChange={(event) => {
                const files = [...(event.target.files ?? [])];
                event.target.value = "";
                upload(files).catch(tellFailure);
              }}
            />
            <button type="button" className="button" onClick={() => picker.current?.click()}>
              <Icon name="upload" /> Upload
            </button>
          </>
        )}
      </PageBar>
      <div className="scroll" tabIndex={0} role="region" aria-label="Data">
        {stores.isPending && <SkeletonRows />}
        {stores.error &&
          (isNotServed(stores.error) ? (
            <EmptyState title="This server keeps files in its own folder only">
              <p className="quiet">
                Datastores (named places for files, in folders and object stores) are not served by
                this version. The files of runs are on their pages, under Artifacts.
              </p>
            </EmptyState>
          ) : (
            <ErrorState error={stores.error} retry={() => void stores.refetch()} />
          ))}
        {stores.data && !chosen && (
          <table className="list" aria-label="Datastores">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Kind</th>
                <th scope="col">Place</th>
                <th scope="col">Description</th>
                <th scope="col" className="right">
                  Held
                </th>
              </tr>
            </thead>
            <tbody>
              {stores.data.map((one) => (
                <tr key={one.name}>
                  <td>
                    <Link to="/data" search={{ store: one.name }}>
                      {one.name}
                    </Link>{" "}
                    {one.is_default && <span className="badge">default</span>}
                  </td>
                  <td>{one.kind}</td>
                  <td className="mono">{one.uri}</td>
                  <td>{one.description}</td>
                  <td className="right">{showBytes(one.used_bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {chosen && (
          <ArtifactBrowser
            key={chosen.name}
            source={{ kind: "datastore", id: chosen.name }}
            place={`datastore://${chosen.name}/`}
            file={file}
            onOpen={open}
          />
        )}
      </div>
    </>
  );
}
