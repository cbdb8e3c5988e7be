import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { CopyButton } from "@/components/ui/buttons";
import { Icon } from "@/components/ui/icon";
import { EmptyState, ErrorState } from "@/components/ui/states";
import { showBytes } from "@/lib/format";
import type { FileInfo } from "@/lib/mlflow";
import { filesQuery } from "../api/list-files";
import { fileAddress, type Source, zipAddress } from "../sources";
import { Preview } from "./preview";

/** Files as a tree, and beside it what the chosen one holds. */
export function ArtifactBrowser({
  source,
  place,
  file,
  onOpen,
}: {
  source: Source;
  /** Where they lie, for the clipboard. */
  place: string;
  file: string | undefined;
  onOpen: (path: string) => void;
}) {
  const top = useQuery(filesQuery(source, ""));
  const [info, setInfo] = useState<FileInfo | null>(null);
  useEffect(() => {
    if (!file && top.data) {
      const readable = top.data.find((one) => !one.is_dir);
      if (readable) {
        setInfo(readable);
        onOpen(readable.path);
      }
    }
  }, [file, top.data, onOpen]);
  if (top.error) return <ErrorState error={top.error} retry={() => void top.refetch()} />;
  if (top.data?.length === 0) {
    return (
      <EmptyState title="No files">
        <p className="quiet">mlflow.log_artifact, log_figure, log_dict and others put them here.</p>
      </EmptyState>
    );
  }
  return (
    <>
      <div className="bar" style={{ minHeight: 0, padding: "4px 12px" }}>
        <span className="mono quiet truncate">{place}</span>
        <CopyButton text={place} label="Copy the place" />
        <span className="grow" />
        <a className="button" href={zipAddress(source, "")} download>
          <Icon name="download" /> All as a zip
        </a>
      </div>
      <div className="files">
        <ul className="tree" aria-label="Files">
          <Folder
            source={source}
            path=""
            depth={0}
            file={file}
            onOpen={(found) => {
              setInfo(found);
              onOpen(found.path);
            }}
          />
        </ul>
        <div className="preview" tabIndex={0} role="region" aria-label="Preview">
          {file && (
            <>
              <div className="row" style={{ marginBottom: 8 }}>
                <strong className="truncate">{file}</strong>
                {info?.path === file && info.file_size !== undefined && (
                  <span className="quiet">{showBytes(info.file_size)}</span>
                )}
                <span className="grow" />
                <a className="button" href={fileAddress(source, file)} download>
                  <Icon name="download" /> Download
                </a>
              </div>
              <Preview
                source={source}
                path={file}
                size={info?.path === file ? info.file_size : undefined}
              />
            </>
          )}
        </div>
      </div>
    </>
  );
}

function Folder({
  source,
  path,
  depth,
  file,
  onOpen,
}: {
  source: Source;
  path: string;
  depth: number;
  file: string | undefined;
  onOpen: (file: FileInfo) => void;
}) {
  const found = useQuery(filesQuery(source, path));
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(ancestors(file ?? "")));
  const shown = useRef(file);
  useEffect(() => {
    if (file && shown.current !== file)
      setOpen((before) => new Set([...before, ...ancestors(file)]));
    shown.current = file;
  }, [file]);
  if (found.error) return <li className="bad">{found.error.message}</li>;
  return found.data?.map((one) => {
    const name = one.path.split("/").pop()!;
    const isOpen = open.has(one.path);
    return (
      <li key={one.path} style={{ listStyle: "none" }}>
        <button
          type="button"
          className="plain"
          style={{ paddingLeft: 6 + depth * 14 }}
          aria-expanded={one.is_dir ? isOpen : undefined}
          aria-pressed={one.is_dir ? undefined : one.path === file}
          onClick={() => {
            if (!one.is_dir) {
              onOpen(one);
              return;
            }
            const next = new Set(open);
            if (!next.delete(one.path)) next.add(one.path);
            setOpen(next);
          }}
        >
          {one.is_dir && <Icon name={isOpen ? "down" : "right"} size={11} />}
          <Icon name={one.is_dir ? "folder" : "file"} />
          <span className="truncate">{name}</span>
        </button>
        {one.is_dir && isOpen && (
          <ul style={{ margin: 0, padding: 0 }}>
            <Folder source={source} path={one.path} depth={depth + 1} file={file} onOpen={onOpen} />
          </ul>
        )}
      </li>
    );
  });
}

function ancestors(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}
