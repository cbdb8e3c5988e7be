/** Experiments whose names have slashes, as folders. */

import type { Experiment } from "@/lib/mlflow";

export interface FolderLine {
  kind: "folder";
  path: string;
  name: string;
  depth: number;
  count: number;
}

export interface ExperimentLine {
  kind: "experiment";
  experiment: Experiment;
  name: string;
  depth: number;
}

interface Node {
  folders: Map<string, Node>;
  experiments: [string, Experiment][];
  count: number;
}

const node = (): Node => ({ folders: new Map(), experiments: [], count: 0 });

/** Folders first, each with what is in it, unless it is closed; a folder of one thing is none. */
export function folderLines(
  experiments: Experiment[],
  closed: ReadonlySet<string>,
): (FolderLine | ExperimentLine)[] {
  const root = node();
  for (const experiment of experiments) {
    const parts = experiment.name.split("/");
    const isPath =
      parts.length > 1 && parts.slice(experiment.name.startsWith("/") ? 1 : 0).every(Boolean);
    let place = root;
    place.count++;
    for (const part of isPath ? parts.slice(0, -1) : []) {
      if (!place.folders.has(part)) place.folders.set(part, node());
      place = place.folders.get(part)!;
      place.count++;
    }
    place.experiments.push([isPath ? parts.at(-1)! : experiment.name, experiment]);
  }
  const lines: (FolderLine | ExperimentLine)[] = [];
  const walk = (place: Node, above: string, depth: number) => {
    const names = [...place.folders.keys()].sort((one, other) => one.localeCompare(other));
    for (const name of names) {
      const folder = place.folders.get(name)!;
      const path = `${above}${name}/`;
      lines.push({ kind: "folder", path, name: name || "/", depth, count: folder.count });
      if (!closed.has(path)) walk(folder, path, depth + 1);
    }
    for (const [name, experiment] of place.experiments) {
      lines.push({ kind: "experiment", experiment, name, depth });
    }
  };
  walk(root, "", 0);
  return lines;
}
