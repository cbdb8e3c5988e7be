import { Link } from "@tanstack/react-router";
import { Dot } from "@/components/ui/texts";
import type { Direction } from "@/lib/directions";
import { showDuration, showNumber, showTime } from "@/lib/format";
import { type Column, columnRef, columnTitle, type RunTable } from "@/lib/run-columns";

const MOST_RUNS = 100;

/** Everything of the runs side by side, a column for each; only what differs, unless all is wanted. */
export function CompareTable({
  table,
  parts,
  betterOf,
  colors,
  isAll,
  onAll,
}: {
  table: RunTable;
  parts: [title: string, ids: string[]][];
  /** Which way a metric is better: the best value of each is marked. */
  betterOf: (metric: string) => Direction;
  colors: ReadonlyMap<string, string>;
  isAll: boolean;
  onAll: (isAll: boolean) => void;
}) {
  const rows = table.runIds.slice(0, MOST_RUNS).map((_, row) => row);
  return (
    <div className="content">
      <label className="row" style={{ marginBottom: 8 }}>
        <input
          type="checkbox"
          checked={!isAll}
          onChange={(event) => onAll(!event.target.checked)}
        />
        Show diff only
        {table.rows > MOST_RUNS && <span className="quiet">the first {MOST_RUNS} runs</span>}
      </label>
      <div style={{ overflow: "auto" }} tabIndex={0} role="region" aria-label="Differences">
        <table className="list numbers" aria-label="Runs side by side" style={{ width: "auto" }}>
          <thead>
            <tr>
              <th scope="col">Run</th>
              {rows.map((row) => (
                <th key={row} scope="col">
                  <Dot color={colors.get(table.runIds[row]!) ?? "#888"} />{" "}
                  <Link to="/runs/$runId" params={{ runId: table.runIds[row]! }}>
                    {table.text("attributes.run_name", row) || table.runIds[row]!.slice(0, 8)}
                  </Link>
                </th>
              ))}
            </tr>
          </thead>
          {parts.map(([title, ids]) => (
            <Part key={title} {...{ title, ids, table, rows, isAll, betterOf }} />
          ))}
        </table>
      </div>
    </div>
  );
}

function Part({
  title,
  ids,
  table,
  rows,
  isAll,
  betterOf,
}: {
  title: string;
  ids: string[];
  table: RunTable;
  rows: number[];
  isAll: boolean;
  betterOf: (metric: string) => Direction;
}) {
  const found = ids.flatMap((id) => {
    const column = table.column(id);
    if (!column) return [];
    const texts = rows.map((row) => shown(id, column, row));
    const differs = new Set(rows.map((row) => column.text(row))).size > 1;
    const ref = columnRef(id)!;
    const best = differs && ref.kind === "metric" ? bestOf(column, rows, betterOf(ref.key)) : null;
    return isAll || differs ? [{ id, texts, differs, column, best }] : [];
  });
  return (
    <tbody>
      <tr>
        <th
          scope="rowgroup"
          colSpan={rows.length + 1}
          style={{ position: "static", paddingTop: 10 }}
        >
          {title} <span className="quiet">{found.length || "no difference"}</span>
        </th>
      </tr>
      {found.map(({ id, texts, differs, column, best }) => (
        <tr key={id} data-column={id}>
          <th scope="row" style={{ position: "static", fontWeight: 400 }}>
            {columnTitle(columnRef(id)!)}
          </th>
          {texts.map((text, i) => (
            <td
              key={rows[i]}
              className={differs ? "differs" : ""}
              title={column.text(rows[i]!) ?? "none"}
            >
              {best !== null && column.number(rows[i]!) === best ? (
                <span className="best">{text}</span>
              ) : (
                text
              )}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

/** The best value of some rows; null if none has one. */
function bestOf(column: Column, rows: number[], better: Direction): number | null {
  const values = rows.map((row) => column.number(row)).filter((value) => !Number.isNaN(value));
  if (values.length === 0) return null;
  return values.reduce((one, other) =>
    (better === "min" ? other < one : other > one) ? other : one,
  );
}

function shown(id: string, column: Column, row: number): string {
  if (!column.has(row)) return "–";
  if (id === "attributes.duration") return showDuration(column.number(row));
  if (id.startsWith("attributes.") && id.endsWith("_time")) return showTime(column.number(row));
  return column.form === "number" ? showNumber(column.number(row)) : (column.text(row) ?? "");
}
