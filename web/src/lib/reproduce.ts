/** The commands that run again what a run ran. */

import { type Run, tagOf } from "./mlflow";
import { sourceOf } from "./source-links";

/** A captured file that says what must be installed, and where this server hands it out. */
export interface EnvironmentFile {
  name: string;
  address: string;
}

/** Lines for a shell. Null where nothing says what was run. */
export function reproduction(
  run: Run,
  experiment: string,
  server: string,
  environment: EnvironmentFile | null,
): string | null {
  const { tags } = run.data;
  const source = sourceOf(tags);
  if (!source.name) return null;
  const repository = cleanRepository(
    tagOf(tags, "mlflow.source.git.repoURL") ?? tagOf(tags, "mlflow.gitRepoURL"),
  );
  const commit = tagOf(tags, "mlflow.source.git.commit") ?? tagOf(tags, "mlflow.gitCommit") ?? null;
  const tracking = [
    "# the run, into the same experiment",
    `export MLFLOW_TRACKING_URI=${shellWord(server)}`,
    `export MLFLOW_EXPERIMENT_NAME=${shellWord(experiment)}`,
  ];
  if (tagOf(tags, "mlflow.source.type") === "PROJECT") {
    return [...tracking, projectCommand(run, repository, commit)].join("\n");
  }
  const folder = repository && folderOf(repository);
  return [
    ...codeLines(repository, folder, commit),
    ...(environment ? [...environmentLines(environment, run.info.run_id), ""] : []),
    ...tracking,
    ...startLines(run, source.title, folder),
  ].join("\n");
}

function codeLines(
  repository: string | null,
  folder: string | null,
  commit: string | null,
): string[] {
  if (!commit || commit.startsWith("-")) return [];
  const checkout = `git checkout ${shellWord(commit)}`;
  if (!repository || !folder) return ["# in a clone of its repository", checkout, ""];
  return [
    "# the code, as it was",
    `git clone -- ${shellWord(repository)} ${shellWord(folder)}`,
    `cd ${shellWord(folder)}`,
    checkout,
    "",
  ];
}

function environmentLines({ name, address }: EnvironmentFile, runId: string): string[] {
  const file = shellWord(`run-${name}`);
  const fetched = ["# what it had installed", `curl -fsS -o ${file} ${shellWord(address)}`];
  if (/\.ya?ml$/.test(name)) {
    const named = `run-${runId.slice(0, 8)}`;
    return [...fetched, `conda env create -n ${named} -f ${file}`, `conda activate ${named}`];
  }
  return [
    ...fetched,
    "python3 -m venv .venv",
    ". .venv/bin/activate",
    `python -m pip install -r ${file}`,
  ];
}

function startLines(run: Run, path: string, folder: string | null): string[] {
  const script = pathInClone(path, folder);
  if (/\.ipynb$/i.test(path)) return [`jupyter execute ${shellWord(script)}`];
  if (!/\.(py|sh|r)$/i.test(path)) {
    return [`# it was started from ${path.replaceAll(/\s+/g, " ")}: open it, and run it`];
  }
  const program = { py: "python", sh: "sh", r: "Rscript" }[
    /\.(\w+)$/.exec(path)![1]!.toLowerCase()
  ]!;
  const params = run.data.params ?? [];
  const flags = params
    .filter(({ key }) => isFlag(key))
    .map(({ key, value }) => `  --${key} ${shellWord(value)}`);
  const odd = params.filter(({ key }) => !isFlag(key)).map(({ key }) => key);
  return [
    [`${program} ${shellWord(script)}`, ...flags].join(" \\\n"),
    ...(odd.length ? [`# not flags: ${odd.join(", ").replaceAll(/\s+/g, " ")}`] : []),
  ];
}

function projectCommand(run: Run, repository: string | null, commit: string | null): string {
  const { tags, params = [] } = run.data;
  const named = tagOf(tags, "mlflow.source.name") ?? ".";
  const sub = /#(.+)$/.exec(named)?.[1];
  const uri = repository ? `${repository}${sub ? `#${sub}` : ""}` : named;
  const entry = tagOf(tags, "mlflow.project.entryPoint") ?? "main";
  return [
    `mlflow run ${shellWord(uri)}`,
    ...(commit ? [`  --version ${shellWord(commit)}`] : []),
    `  --entry-point ${shellWord(entry)}`,
    ...params.map(({ key, value }) => `  -P ${shellWord(`${key}=${value}`)}`),
  ].join(" \\\n");
}

/** Names that a command line takes as flags, as `mlflow run` gives them to scripts. */
const isFlag = (key: string) => /^[A-Za-z][\w.-]*$/.test(key);

/** Without a password, and only what git can clone. */
function cleanRepository(repository: string | undefined): string | null {
  if (!repository || /^-/.test(repository)) return null;
  return repository.split("#")[0]!.replace(/^(https?:\/\/)[^@/]*@/, "$1");
}

function folderOf(repository: string): string {
  const name = repository
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .split(/[/:]/)
    .pop()!;
  return name || "code";
}

/** A client notes the whole path of a script; behind the clone's folder it is that of the repository. */
function pathInClone(path: string, folder: string | null): string {
  const parts = path.split(/[\\/]/);
  const at = folder ? parts.lastIndexOf(folder, parts.length - 2) : -1;
  const found = at >= 0 ? parts.slice(at + 1).join("/") : parts.at(-1)!;
  // A name that a program would take for a flag of its own.
  return found.startsWith("-") ? `./${found}` : found;
}

/** A text as one word of a shell, whatever is in it. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text) && !text.startsWith("-")) return text;
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}
