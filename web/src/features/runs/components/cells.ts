import type { IconName } from "@/components/ui/icon";
import { statusIcon, statusWord } from "@/components/ui/texts";
import { showAge, showDuration, showNumber, showTime } from "@/lib/format";
import { type Group, groupSummary } from "@/lib/run-order";
import type { GridColumn, GridState } from "./grid-parts";

/** What stands in one cell. */
export interface CellContent {
  text: string;
  /** Behind it, smaller. */
  quiet?: string;
  icon?: IconName;
  className?: string;
}

const NOTHING: CellContent = { text: "" };

/** What stands in the cell of a run; nothing where the run has nothing. */
export function cellContent(column: GridColumn, row: number, state: GridState): CellContent {
  const { data, id } = column;
  if (!data?.has(row)) return NOTHING;
  switch (id) {
    case "attributes.start_time":
    case "attributes.end_time":
      return { text: showAge(data.number(row), state.now) };
    case "attributes.duration": {
      const isRunning = state.table.text("attributes.status", row) === "RUNNING";
      const started = state.table.number("attributes.start_time", row);
      return { text: showDuration(isRunning ? state.now - started : data.number(row)) };
    }
    case "attributes.status": {
      const status = data.text(row) ?? "";
      const className = `status ${status}`;
      return { text: statusWord(status), icon: statusIcon(status), className };
    }
    case "attributes.experiment_id": {
      const text = data.text(row) ?? "";
      return { text: state.names.get(text) ?? text };
    }
  }
  if (data.form === "number") {
    const text = showNumber(data.values[row]!);
    return column.best === row ? { text, className: "best" } : { text };
  }
  return { text: data.text(row) ?? "" };
}

/** The exact value of a run's cell, where that is more than stands there. */
export function cellTitle({ data, id }: GridColumn, row: number): string {
  if (!data?.has(row) || id === "attributes.duration" || id === "attributes.status") return "";
  if (id === "attributes.start_time" || id === "attributes.end_time") {
    return showTime(data.number(row));
  }
  return data.text(row) ?? "";
}

const summaries = new WeakMap<Group, Map<string, ReturnType<typeof groupSummary>>>();

function summaryOf(column: GridColumn, group: Group, state: GridState) {
  if (column.id === "attributes.start_time") return null;
  const known = summaries.get(group) ?? new Map();
  summaries.set(group, known);
  if (!known.has(column.id)) known.set(column.id, groupSummary(state.table, column.id, group.rows));
  return known.get(column.id) as ReturnType<typeof groupSummary>;
}

/** Mean and spread of a column over the runs of a group. */
export function groupContent(column: GridColumn, group: Group, state: GridState): CellContent {
  const found = summaryOf(column, group, state);
  if (!found) return NOTHING;
  const show = column.id === "attributes.duration" ? showDuration : showNumber;
  const text = show(found.mean);
  return column.width < 130 ? { text } : { text, quiet: `${show(found.min)}–${show(found.max)}` };
}

export function groupTitle(column: GridColumn, group: Group, state: GridState): string {
  const found = summaryOf(column, group, state);
  return found ? `mean ${found.mean}, from ${found.min} to ${found.max}` : "";
}

/** The whole value, for the clipboard. */
export function exactText(column: GridColumn, row: number): string {
  const { data, id } = column;
  if (!data?.has(row)) return "";
  if (id.endsWith("_time") && id.startsWith("attributes.")) return showTime(data.number(row));
  return data.text(row) ?? "";
}
