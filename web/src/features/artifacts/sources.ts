/** Where files are: a run's, a logged model's, a datastore's. */

import { address } from "@/lib/http";

export interface Source {
  kind: "run" | "model" | "datastore";
  id: string;
}

export function fileAddress(source: Source, path: string): string {
  switch (source.kind) {
    case "run":
      return address("get-artifact", { run_uuid: source.id, path });
    case "model":
      return address(`ajax-api/2.0/mlflow/logged-models/${source.id}/artifacts/files`, {
        artifact_file_path: path,
      });
    default:
      return address("api/v1/artifacts/file", { uri: uriOf(source, path) });
  }
}

/** What the native API calls it. */
export function uriOf(source: Source, path: string): string {
  const root = { run: "runs:/", model: "models:/", datastore: "datastore://" }[source.kind];
  return `${root}${source.id}/${path}`;
}

export function zipAddress(source: Source, folder: string): string {
  return address("api/v1/artifacts/zip", { uri: uriOf(source, folder) });
}

export type PreviewKind =
  | "image"
  | "text"
  | "json"
  | "table"
  | "html"
  | "markdown"
  | "notebook"
  | "parquet"
  | "none";

const KINDS: Record<string, PreviewKind> = {
  png: "image",
  jpg: "image",
  jpeg: "image",
  gif: "image",
  webp: "image",
  svg: "image",
  bmp: "image",
  json: "json",
  csv: "table",
  tsv: "table",
  html: "html",
  htm: "html",
  md: "markdown",
  ipynb: "notebook",
  parquet: "parquet",
};
const TEXTS =
  /(^|\/)(MLmodel|MLproject|conda\.yaml|Dockerfile|LICENSE|README)$|\.(txt|log|err|cfg|conf|ini|toml|ya?ml|xml|py|pyi|js|ts|jsx|tsx|sh|r|java|sql|rst|tex|jsonl|ndjson|properties|hocon|lock|c|h|cpp|go|rs)$/i;

export function previewKind(path: string): PreviewKind {
  const ending = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  return KINDS[ending] ?? (TEXTS.test(path) ? "text" : "none");
}
