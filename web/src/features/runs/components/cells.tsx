import { Age, Status } from "@/components/ui/texts";
import { showDuration, showNumber, showTime } from "@/lib/format";
import type { GridColumn, GridState } from "./grid-parts";

/** What stands in one cell; nothing where the run has nothing. */
export function CellContent({
  column,
  row,
  state,
}: {
  column: GridColumn;
  row: number;
  state: GridState;
}) {
  const { data, id } = column;
  if (!data?.has(row)) return null;
  switch (id) {
    case "attributes.start_time":
    case "attributes.end_time":
      return <Age ms={data.number(row)} />;
    case "attributes.duration": {
      const isRunning = state.table.text("attributes.status", row) === "RUNNING";
      const ms = isRunning
        ? state.now - state.table.number("attributes.start_time", row)
        : data.number(row);
      return <span>{showDuration(ms)}</span>;
    }
    case "attributes.status":
      return <Status status={data.text(row) ?? ""} />;
    case "attributes.experiment_id": {
      const text = data.text(row) ?? "";
      return <span className="truncate">{state.names.get(text) ?? text}</span>;
    }
  }
  if (data.form === "number") {
    const value = data.values[row]!;
    return (
      <span className={column.best === row ? "best" : undefined} title={String(value)}>
        {showNumber(value)}
      </span>
    );
  }
  const text = data.text(row) ?? "";
  return (
    <span className="truncate" title={text}>
      {text}
    </span>
  );
}

/** The whole value, for the clipboard. */
export function exactText(column: GridColumn, row: number): string {
  const { data, id } = column;
  if (!data?.has(row)) return "";
  if (id.endsWith("_time") && id.startsWith("attributes.")) return showTime(data.number(row));
  return data.text(row) ?? "";
}
