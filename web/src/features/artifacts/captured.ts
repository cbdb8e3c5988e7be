/** Which files of a run say how it was made: code, and what was installed. */

import type { FileInfo } from "@/lib/mlflow";
import type { Source } from "./sources";

export interface CapturedFile {
  source: Source;
  /** Where it is in its source. */
  path: string;
  /** What it is called, the same in every run: without the ids of models. */
  name: string;
  kind: "code" | "environment";
}

const ENVIRONMENT =
  /(^|\/)(requirements[\w.-]*\.txt|(conda|python_env|environment)\.ya?ml|(uv|poetry|Pipfile|pixi)\.lock|pyproject\.toml|Pipfile|MLproject|Dockerfile|pip[-_]freeze\.txt)$/i;
const CODE = /\.(py|ipynb|r|rmd|sh|sql|java|scala|kt|jl|cpp|cc|c|h|cu|rs|go|js|ts)$/i;

/** Folders that are looked into; others hold results. */
export const CODE_FOLDER = /^(code|src|source|scripts|env|environment|snapshot)$/i;

/** What a file is; null for a result. Below a folder of code everything is code. */
export function capturedKind(path: string, isInCode: boolean): CapturedFile["kind"] | null {
  if (ENVIRONMENT.test(path)) return "environment";
  if (isInCode || CODE.test(path)) return "code";
  return null;
}

/** The files of one folder that count, named with what stands before. */
export function capturedOf(
  source: Source,
  files: FileInfo[],
  prefix: string,
  isInCode: boolean,
): CapturedFile[] {
  return files.flatMap((file) => {
    const kind = file.is_dir ? null : capturedKind(file.path, isInCode);
    return kind ? [{ source, path: file.path, name: prefix + file.path, kind }] : [];
  });
}

/** The file to install from: of the model, then of the run; pip's before conda's. */
export function environmentOf(files: CapturedFile[]): CapturedFile | undefined {
  const place = ({ path }: CapturedFile) =>
    [/requirements\.txt$/i, /requirements[\w.-]*\.txt$/i, /(conda|environment)\.ya?ml$/i].findIndex(
      (pattern) => pattern.test(path),
    );
  return files
    .filter((file) => file.kind === "environment" && place(file) >= 0)
    .sort((one, other) => place(one) - place(other))[0];
}

/** Files of the same name side by side. */
export function pairsOf(
  before: CapturedFile[],
  after: CapturedFile[],
): [name: string, before: CapturedFile | null, after: CapturedFile | null][] {
  const named = (files: CapturedFile[]) => new Map(files.map((file) => [file.name, file]));
  const [left, right] = [named(before), named(after)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .sort((one, other) => one.localeCompare(other))
    .map((name) => [name, left.get(name) ?? null, right.get(name) ?? null]);
}
