/** What of a workbench is in its address: all of it, so that a link shows a colleague the same. */

import { type ChartsView, readChartsView } from "@/lib/chart-view";
import type { Sort } from "@/lib/run-order";

export interface RunsView extends ChartsView {
  /** The filter, in the grammar of docs/how-to/search.md. */
  filter?: string;
  state?: "deleted";
  /** A column, with `:desc` behind it when descending. */
  sort?: string;
  /** Columns in order; without it those that differ. */
  cols?: string[];
  pin?: string[];
  widths?: Record<string, number>;
  group?: string;
  nest?: "on" | "off";
  model?: "with" | "without";
  show?: "table" | "both" | "charts";
  split?: number;
  color?: string;
  hidden?: string[];
  /** The pinned cards. */
  charts?: string[];
}

export type SetView = (change: Partial<RunsView>) => void;

export const DEFAULT_SORT: Sort = { column: "attributes.start_time", descending: true };

export function sortOf(view: RunsView): Sort {
  if (!view.sort) return DEFAULT_SORT;
  const descending = view.sort.endsWith(":desc");
  return { column: descending ? view.sort.slice(0, -5) : view.sort, descending };
}

export function sortText(sort: Sort): string | undefined {
  if (sort.column === DEFAULT_SORT.column && sort.descending) return undefined;
  return `${sort.column}${sort.descending ? ":desc" : ""}`;
}

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);
const texts = (value: unknown) =>
  Array.isArray(value) && value.every((one) => typeof one === "string")
    ? (value as string[])
    : undefined;
const oneOf = <T extends string>(value: unknown, ...options: T[]) =>
  options.find((o) => o === value);
const numberIn = (value: unknown, min: number, max: number) =>
  typeof value === "number" && value >= min && value <= max ? value : undefined;

/** An address as a view; what makes no sense in it is left out. */
export function readView(search: Record<string, unknown>): RunsView {
  const { widths } = search;
  const view: RunsView = {
    filter: text(search.filter),
    state: oneOf(search.state, "deleted"),
    sort: text(search.sort),
    cols: texts(search.cols),
    pin: texts(search.pin),
    widths: isWidths(widths) ? widths : undefined,
    group: text(search.group),
    nest: oneOf(search.nest, "on", "off"),
    model: oneOf(search.model, "with", "without"),
    show: oneOf(search.show, "table", "both", "charts"),
    split: numberIn(search.split, 0.1, 0.9),
    color: text(search.color),
    hidden: texts(search.hidden),
    ...readChartsView(search),
    charts: texts(search.charts),
  };
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined));
}

function isWidths(value: unknown): value is Record<string, number> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((one) => typeof one === "number")
  );
}
