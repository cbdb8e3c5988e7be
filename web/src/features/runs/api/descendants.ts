import type { View } from "./run-keys";
import { fetchRunTable } from "./run-table";

const AT_ONCE = 1000;

/** All runs below these: their children, and theirs. */
export async function findDescendants(
  experimentIds: string[],
  runIds: string[],
  view: View,
): Promise<string[]> {
  const known = new Set(runIds);
  const found: string[] = [];
  let parents = runIds;
  while (parents.length) {
    const children: string[] = [];
    for (let from = 0; from < parents.length; from += AT_ONCE) {
      const some = parents.slice(from, from + AT_ONCE);
      const { table } = await fetchRunTable({
        experimentIds,
        columns: [],
        filter: `tags.mlflow.parentRunId IN (${some.map((id) => `'${id}'`).join(", ")})`,
        view,
        orderBy: [],
      });
      children.push(...table.runIds.filter((id) => !known.has(id)));
    }
    for (const id of children) known.add(id);
    found.push(...children);
    parents = children;
  }
  return found;
}
