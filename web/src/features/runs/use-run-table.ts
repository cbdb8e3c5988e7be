import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { type ColumnRef, columnId, columnRef, filterName, type RunTable } from "@/lib/run-columns";
import { type Keys, keysQuery, type View } from "./api/run-keys";
import { fetchRunTable } from "./api/run-table";
import { ALWAYS, chooseKeys, defaultColumns, type KeyChoice } from "./default-columns";
import { type RunsView, sortOf } from "./view";

const FIRST_ROWS = 100;

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
  const runsView: View = view.state === "deleted" ? "DELETED_ONLY" : "ACTIVE_ONLY";
  const filter = view.filter ?? "";
  const keys = useQuery(keysQuery(experimentIds, runsView));
  const total = useTotal(experimentIds, runsView);
  const choice = useMemo(
    () => chooseKeys(keys.data ?? { metrics: [], params: [], tags: [] }),
    [keys.data],
  );
  const asked = useMemo(() => askedColumns(choice, view), [choice, view]);
  const question = { experimentIds, filter, view: runsView };
  const isReady = keys.isSuccess;
  const askedIds = asked.map(columnId);
  const whole = useQuery({
    queryKey: ["runs", question, askedIds],
    queryFn: ({ signal }) => fetchRunTable({ ...question, columns: asked, orderBy: [] }, signal),
    enabled: isReady,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    retry: false,
    refetchInterval: (query) => pollPeriod(query.state.data),
  });
  const sort = sortOf(view);
  const sortRef = columnRef(sort.column);
  const first = useQuery({
    queryKey: ["first runs", question, askedIds, view.sort],
    queryFn: ({ signal }) =>
      fetchRunTable(
        {
          ...question,
          columns: asked,
          orderBy:
            sortRef && sortRef.statistic === "latest" && sortRef.key !== "duration"
              ? [`${filterName(sortRef)} ${sort.descending ? "DESC" : "ASC"}`]
              : [],
          maxRows: FIRST_ROWS,
        },
        signal,
      ),
    enabled: isReady && !whole.data,
    retry: false,
  });
  const shown = whole.data ?? first.data;
  const columns = useColumns(choice, shown?.table, view, experimentIds);
  return {
    table: shown?.table,
    columns,
    choice,
    keys: keys.data,
    isWhole: whole.data !== undefined,
    isFetching: whole.isFetching,
    tookMs: shown?.tookMs ?? 0,
    total,
    error: keys.error ?? whole.error,
    refetch: () => {
      void keys.refetch();
      void whole.refetch();
    },
  };
}

/** Running runs are looked at again, the less often the more it costs. */
function pollPeriod(found: { table: RunTable; tookMs: number } | undefined): number | false {
  const status = found?.table.column("attributes.status");
  if (status?.form !== "text" || !status.texts.includes("RUNNING")) return 15_000;
  return Math.max(3_000, 25 * found!.tookMs);
}

function useTotal(experimentIds: string[], view: View): number | undefined {
  const count = useQuery({
    queryKey: ["runs", "count", experimentIds, view],
    queryFn: async ({ signal }) => {
      const columns: ColumnRef[] = [];
      const asked = { experimentIds, columns, filter: "", view, orderBy: [] };
      return (await fetchRunTable(asked, signal)).table.rows;
    },
    staleTime: 30_000,
  });
  return count.data;
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

/** The chosen columns; else the default ones, in an order that stays once it was found. */
function useColumns(
  choice: KeyChoice,
  sample: RunTable | undefined,
  view: RunsView,
  experimentIds: string[],
): string[] {
  const found = useRef<{ choice: KeyChoice; columns: string[] } | null>(null);
  return useMemo(() => {
    if (view.cols) return view.cols;
    if (found.current?.choice === choice) return found.current.columns;
    const columns = defaultColumns(choice, sample, experimentIds.length > 1);
    if (sample) found.current = { choice, columns };
    return columns;
  }, [view.cols, choice, sample, experimentIds.length]);
}
