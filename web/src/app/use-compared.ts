import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import type { CompareView } from "@/features/compare/view";
import { experimentQuery } from "@/features/experiments/api/get-experiment";
import { keysQuery } from "@/features/runs/api/run-keys";
import { fetchRunTable } from "@/features/runs/api/run-table";
import { chooseKeys, explains } from "@/features/runs/default-columns";
import { columnRef, type RunTable } from "@/lib/run-columns";

const ATTRIBUTES = ["run_name", "experiment_id", "start_time", "end_time", "status", "user_id"];

/** Everything of the runs that are compared, in the order they were chosen in. */
export function useCompared(view: CompareView) {
  const { runs, experiments } = view;
  const keys = useQuery(keysQuery(experiments, "ALL"));
  const experiment = useQuery({
    ...experimentQuery(experiments[0] ?? "0"),
    enabled: experiments.length === 1,
  });
  const asked = useMemo(() => {
    const found = keys.data;
    return [
      ...ATTRIBUTES.map((key) => `attributes.${key}`),
      ...(found?.params ?? []).map(({ key }) => `params.${key}`),
      ...(found?.metrics ?? []).map(({ key }) => `metrics.${key}`),
      ...(found?.tags ?? []).map(({ key }) => `tags.${key}`),
    ];
  }, [keys.data]);
  const chosen = useMemo(() => [...runs].sort(), [runs]);
  const query = useQuery({
    queryKey: ["compare", experiments, chosen, asked],
    queryFn: async ({ signal }) =>
      (
        await fetchRunTable(
          {
            experimentIds: experiments,
            columns: asked.map((id) => columnRef(id)).filter((ref) => ref !== null),
            filter: `attributes.run_id IN (${chosen.map((id) => `'${id}'`).join(", ")})`,
            view: "ALL",
            orderBy: [],
          },
          signal,
        )
      ).table,
    enabled: keys.isSuccess && !keys.isPlaceholderData && runs.length > 0,
    placeholderData: keepPreviousData,
  });
  const table = useMemo(() => query.data && inOrder(query.data, runs), [query.data, runs]);
  const rowOf = useMemo(() => new Map(table?.runIds.map((id, row) => [id, row])), [table]);
  const nameOf = useCallback(
    (id: string) => table?.text("attributes.run_name", rowOf.get(id) ?? -1) || id.slice(0, 8),
    [table, rowOf],
  );
  return {
    table,
    nameOf,
    experimentName: experiment.data?.name,
    error: keys.error ?? query.error,
    ...useMemo(() => sorted(table, asked, keys.data), [table, asked, keys.data]),
  };
}

/** The rows in the order of these ids; runs that are gone are left out. */
function inOrder(table: RunTable, ids: string[]): RunTable {
  const rowOf = new Map(table.runIds.map((id, row) => [id, row]));
  const rows = ids.map((id) => rowOf.get(id)).filter((row) => row !== undefined);
  return table.pick(rows);
}

function sorted(
  table: RunTable | undefined,
  asked: string[],
  keys: Parameters<typeof chooseKeys>[0] | undefined,
) {
  const isThere = (id: string) => {
    const column = table?.column(id);
    return column !== undefined && table!.runIds.some((_, row) => column.has(row));
  };
  const of = (kind: string) => asked.filter((id) => id.startsWith(`${kind}.`) && isThere(id));
  const differs = (id: string) => table?.column(id)?.isConstant() === false;
  const first = keys ? chooseKeys(keys).metrics.map((key) => `metrics.${key}`) : [];
  const place = (id: string) => (first.includes(id) ? first.indexOf(id) : first.length);
  const metrics = of("metrics").sort((one, other) => place(one) - place(other));
  const varying = metrics.filter(differs);
  const [main] = varying;
  const told = (id: string) => (table && main ? explains(table, id, main) || 0 : 0);
  const params = of("params")
    .filter(differs)
    .map((id) => [id, told(id)] as const)
    .sort(([, one], [, other]) => other - one)
    .map(([id]) => id);
  const tags = of("tags").filter((id) => !/^tags\.mlflow\.(log-model|runName)/.test(id));
  return {
    params,
    metrics: varying,
    metricKeys: metrics.map((id) => id.slice("metrics.".length)),
    parts: [
      [
        "Run",
        ["start_time", "duration", "status", "user_id", "experiment_id"].map(
          (k) => `attributes.${k}`,
        ),
      ],
      ["Params", of("params")],
      ["Metrics", metrics],
      ["Tags", tags],
    ] as [string, string[]][],
  };
}
