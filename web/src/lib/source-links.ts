/** Where a run came from, with links to the exact version where there can be one. */

import { type Tag, tagOf } from "./mlflow";

export interface Source {
  name: string;
  /** The whole path, for the hover. */
  title: string;
  link: string | null;
  version: string | null;
  versionLink: string | null;
  branch: string | null;
  entryPoint: string | null;
}

export function sourceOf(tags: Tag[] | undefined): Source {
  const path = tagOf(tags, "mlflow.source.name") ?? "";
  const notebook = tagOf(tags, "mlflow.databricks.notebookPath");
  const commit = tagOf(tags, "mlflow.source.git.commit") ?? tagOf(tags, "mlflow.gitCommit") ?? null;
  const revision = tagOf(tags, "mlflow.databricks.notebookRevisionID") ?? null;
  const repository = webAddress(
    tagOf(tags, "mlflow.source.git.repoURL") ?? tagOf(tags, "mlflow.gitRepoURL") ?? path,
  );
  const entryPoint = tagOf(tags, "mlflow.project.entryPoint") ?? null;
  const whole = notebook ?? path;
  const shown =
    whole
      .split("#")[0]!
      .replace(/\.git$/, "")
      .split(/[\\/]/)
      .pop() ?? "";
  const webUrl = tagOf(tags, "mlflow.databricks.webappURL");
  const notebookId = tagOf(tags, "mlflow.databricks.notebookID");
  const notebookLink =
    webUrl && notebookId && /^https?:/.test(webUrl)
      ? `${webUrl}/#notebook/${notebookId}${revision ? `/revision/${revision}` : ""}`
      : null;
  return {
    name: entryPoint && entryPoint !== "main" ? `${shown}:${entryPoint}` : shown,
    title: whole,
    link: notebookLink ?? repository,
    version: commit ?? revision,
    versionLink: commit && repository ? `${repository}/commit/${commit}` : notebookLink,
    branch: tagOf(tags, "mlflow.source.git.branch") ?? null,
    entryPoint,
  };
}

/** The page of a repository, from the address that git takes; null if it has none on the web. */
export function webAddress(repository: string): string | null {
  const plain = repository
    .split("#")[0]!
    .replace(/\.git$/, "")
    .replace(/\/$/, "");
  const overSsh = /^(?:ssh:\/\/)?git@([\w.-]+)[:/](.+)$/.exec(plain);
  if (overSsh) return `https://${overSsh[1]}/${overSsh[2]}`;
  if (!/^https?:\/\/[\w.-]+(:\d+)?\/[\w./~-]+$/.test(plain.replace(/\/\/[^@/]*@/, "//")))
    return null;
  // A password in the address is nothing to show.
  return plain.replace(/\/\/[^@/]*@/, "//");
}
