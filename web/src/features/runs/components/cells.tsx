import type { ReactNode } from "react";
import { Status } from "@/components/ui/texts";
import { showAge, showDuration, showNumber, showTime } from "@/lib/format";
import type { GridColumn, GridState } from "./grid-parts";

/** What stands in one cell, and its exact value; nothing where the run has nothing. */
export function cellContent(
  column: GridColumn,
  row: number,
  state: GridState,
): { content: ReactNode; title?: string } {
  const { data, id } = column;
  if (!data?.has(row)) return { content: null };
  switch (id) {
    case "attributes.start_time":
    case "attributes.end_time": {
      const ms = data.number(row);
      return { content: showAge(ms, state.now), title: showTime(ms) };
    }
    case "attributes.duration": {
      const isRunning = state.table.text("attributes.status", row) === "RUNNING";
      const started = state.table.number("attributes.start_time", row);
      return { content: showDuration(isRunning ? state.now - started : data.number(row)) };
    }
    case "attributes.status":
      return { content: <Status status={data.text(row) ?? ""} /> };
    case "attributes.experiment_id": {
      const text = data.text(row) ?? "";
      return { content: state.names.get(text) ?? text };
    }
  }
  if (data.form === "number") {
    const value = data.values[row]!;
    const text = showNumber(value);
    const content = column.best === row ? <span className="best">{text}</span> : text;
    return { content, title: String(value) };
  }
  const text = data.text(row) ?? "";
  return { content: text, title: text };
}

/** The whole value, for the clipboard. */
export function exactText(column: GridColumn, row: number): string {
  const { data, id } = column;
  if (!data?.has(row)) return "";
  if (id.endsWith("_time") && id.startsWith("attributes.")) return showTime(data.number(row));
  return data.text(row) ?? "";
}
