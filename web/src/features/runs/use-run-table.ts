import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import type { Run } from "@/lib/mlflow";
import { type ColumnRef, columnId, columnRef, type RunTable } from "@/lib/run-columns";
import type { Sort } from "@/lib/run-order";
import { type FirstQuestion, fetchFirstRuns } from "./api/first-runs";
import { type Keys, keysQuery, type View } from "./api/run-keys";
import { fetchRunTable } from "./api/run-table";
import { ALWAYS, chooseKeys, defaultColumns, type KeyChoice } from "./default-columns";
import { keysOfRuns, tableOfRuns } from "./tables-of-runs";
import { DEFAULT_SORT, type RunsView, sortOf } from "./view";

export interface Runs {
  table: RunTable | undefined;
  /** Columns in the order they are shown. */
  columns: string[];
  choice: KeyChoice;
  keys: Keys | undefined;
  /** Whether all runs are in the table, not only the first. */
  isWhole: boolean;
  isFetching: boolean;
  tookMs: number;
  /** How many runs there are without a filter, once it is known. */
  total: number | undefined;
  error: unknown;
  refetch: () => void;
}

/** The runs of a view: the first of them as soon as possible, then all. */
export function useRunTable(experimentIds: string[], view: RunsView): Runs {
  const runsView = stateOf(view);
  const filter = view.filter ?? "";
  const question = { experimentIds, filter, view: runsView };
  const queries = firstRunsQueries(experimentIds, view);
  const first = useQuery(queries.first);
  const latest = useQuery(queries.latest);
  const decided = useDecided(latest.data, JSON.stringify([experimentIds, runsView]));
  const asked = useMemo(() => decided && askedColumns(decided.choice, view), [decided, view]);
  const whole = useQuery({
    queryKey: ["runs", question, asked?.map(columnId)],
    queryFn: ({ signal }) => fetchRunTable({ ...question, columns: asked!, orderBy: [] }, signal),
    enabled: asked !== undefined && first.data !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    retry: false,
    refetchInterval: (query) => pollPeriod(query.state.data),
    refetchOnWindowFocus: (query) => (query.state.data?.tookMs ?? 0) < 1_000,
  });
  const keys = useQuery({ ...keysQuery(experimentIds, runsView), enabled: whole.isSuccess });
  const count = useQuery({
    queryKey: ["runs", "count", experimentIds, runsView],
    queryFn: async ({ signal }) => {
      const everything = { experimentIds, columns: [], filter: "", view: runsView, orderBy: [] };
      return (await fetchRunTable(everything, signal)).table.rows;
    },
    enabled: filter !== "" && whole.isSuccess,
    staleTime: 30_000,
  });
  const isWhole = whole.data !== undefined && !whole.isPlaceholderData;
  // A new filter's first runs are there before all of them are.
  const isPage =
    first.data !== undefined && (!whole.data || (!isWhole && !first.isPlaceholderData));
  const page = useMemo(
    () => (isPage ? tableOfRuns(first.data, Date.now()) : undefined),
    [isPage, first.data],
  );
  const table = page ?? whole.data?.table;
  const columns = useMemo(
    () =>
      view.cols ??
      (decided ? defaultColumns(decided.choice, decided.sample, experimentIds.length > 1) : []),
    [view.cols, decided, experimentIds.length],
  );
  const choice = useMemo(
    // What all runs have alike is known when all were looked at.
    () => ({
      ...(decided?.choice ?? NO_CHOICE),
      same: keys.data ? chooseKeys(keys.data).same : [],
    }),
    [decided, keys.data],
  );
  return {
    table: decided && table,
    columns,
    choice,
    keys: keys.data ?? decided?.keys,
    isWhole,
    isFetching: whole.isFetching,
    tookMs: whole.data?.tookMs ?? 0,
    total: filter ? count.data : whole.data?.table.rows,
    error: first.error ?? latest.error ?? whole.error,
    refetch: () => {
      void first.refetch();
      void whole.refetch();
    },
  };
}

const NO_CHOICE: KeyChoice = { metrics: [], params: [], same: [] };

const stateOf = (view: RunsView): View =>
  view.state === "deleted" ? "DELETED_ONLY" : "ACTIVE_ONLY";

/** What a table begins with. A page may ask for it before the table is there. */
export function firstRunsQueries(experimentIds: string[], view: RunsView) {
  const asked = (filter: string, sort: Sort) =>
    firstQuery({
      experimentIds,
      filter,
      view: stateOf(view),
      sort,
      sortRef: columnRef(sort.column),
    });
  return {
    first: asked(view.filter ?? "", sortOf(view)),
    // What to show is decided by the latest runs, whatever the filter: columns stay where they are.
    latest: asked("", DEFAULT_SORT),
  };
}

const firstQuery = (asked: FirstQuestion) => ({
  queryKey: ["first runs", asked],
  queryFn: ({ signal }: { signal: AbortSignal }) => fetchFirstRuns(asked, signal),
  placeholderData: keepPreviousData<Run[] | undefined>,
  retry: false,
});

interface Decided {
  choice: KeyChoice;
  keys: Keys;
  sample: RunTable;
}

/** Which keys are worth a column; decided once, as soon as there are runs to go by. */
function useDecided(runs: Run[] | undefined, what: string): Decided | undefined {
  const found = useRef<{ what: string; decided: Decided } | null>(null);
  return useMemo(() => {
    if (found.current?.what === what) return found.current.decided;
    if (!runs) return undefined;
    const keys = keysOfRuns(runs);
    const decided = { keys, choice: chooseKeys(keys), sample: tableOfRuns(runs, Date.now()) };
    if (runs.length > 1) found.current = { what, decided };
    return decided;
  }, [runs, what]);
}

/** Runs are looked at again, the less often the more it costs. */
function pollPeriod(found: { table: RunTable; tookMs: number } | undefined): number | false {
  const status = found?.table.column("attributes.status");
  const isRunning = status?.form === "text" && status.texts.includes("RUNNING");
  return Math.max(isRunning ? 3_000 : 15_000, 25 * (found?.tookMs ?? 0));
}

function askedColumns(choice: KeyChoice, view: RunsView): ColumnRef[] {
  const asked = new Map(ALWAYS.map((ref) => [columnId(ref), ref]));
  const add = (id: string | undefined) => {
    const ref = id === undefined ? null : columnRef(id);
    if (ref && !(ref.kind === "attribute" && ref.key === "duration")) asked.set(columnId(ref), ref);
  };
  if (view.cols) view.cols.forEach(add);
  else {
    for (const key of choice.metrics) add(`metrics.${key}`);
    for (const key of choice.params) add(`params.${key}`);
  }
  add(view.group);
  add(view.color);
  add(sortOf(view).column);
  return [...asked.values()];
}
