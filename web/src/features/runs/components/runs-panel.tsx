import { Menu } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useMemo, useState } from "react";
import { copyText } from "@/components/ui/buttons";
import { EmptyState, ErrorState, SkeletonRows } from "@/components/ui/states";
import { useDirections } from "@/lib/directions";
import { withClause } from "@/lib/filters";
import { showCount } from "@/lib/format";
import { columnRef, filterName } from "@/lib/run-columns";
import { useNow } from "@/lib/times";
import { cellClauses } from "../cell-clauses";
import type { Lines } from "../use-lines";
import type { Runs } from "../use-run-table";
import { type RunsView, type SetView, sortOf, sortText } from "../view";
import { exactText } from "./cells";
import type { HeadActions } from "./grid-head";
import type { GridColumn } from "./grid-parts";
import { RunGrid } from "./run-grid";
import { useGridColumns } from "./use-grid-columns";

interface Props {
  /** The experiment that remembers which way metrics are better. */
  home: string;
  runs: Runs;
  lines: Lines;
  view: RunsView;
  setView: SetView;
  colors: Map<string, string>;
  names: Map<string, string>;
  chosen: ReadonlySet<string>;
  setChosen: (chosen: ReadonlySet<string>) => void;
  emptyHint: ReactNode;
}

/** The table of a workbench, with what it says of itself below. */
export function RunsPanel(props: Props) {
  const { runs, lines, view, setView, chosen, setChosen } = props;
  const navigate = useNavigate();
  const { table } = runs;
  const status = table?.column("attributes.status");
  const isRunning = status?.form === "text" && status.texts.includes("RUNNING");
  const now = useNow(isRunning ? 5_000 : 30_000);
  const directions = useDirections(props.home);
  const { columns, folded, resize } = useGridColumns(
    runs,
    lines.order,
    view,
    setView,
    directions.of,
  );
  const [anchor, setAnchor] = useState(-1);
  const [menu, setMenu] = useState<{ line: number; column: GridColumn; box: DOMRect } | null>(null);
  const state = useMemo(
    () => table && { table, columns, colors: props.colors, names: props.names, now },
    [table, columns, props.colors, props.names, now],
  );
  if (runs.error) return <ErrorState error={runs.error} retry={runs.refetch} />;
  if (!state || !table) return <SkeletonRows />;

  const all = runs.columns;
  const headActions: HeadActions = {
    sort: (sort) => setView({ sort: sortText(sort) }),
    resize,
    move: (id, before) => {
      const without = all.filter((other) => other !== id);
      const place = before === null ? without.length : without.indexOf(before);
      if (id === before || !all.includes(id)) return;
      setView({ cols: without.toSpliced(place, 0, id) });
    },
    pin: (id) => {
      const pinned = view.pin ?? [];
      setView({ pin: pinned.includes(id) ? pinned.filter((p) => p !== id) : [...pinned, id] });
    },
    remove: (id) => setView({ cols: all.filter((other) => other !== id) }),
    filter: (clause) => setView({ filter: withClause(view.filter ?? "", clause) }),
    group: (group) => setView({ group }),
    color: (color) => setView({ color }),
    prefer: directions.set,
    chooseAll: (checked) => setChosen(checked ? new Set(lines.runIds()) : new Set()),
  };
  const idsOf = (line: number): string[] => {
    const found = lines.lines[line];
    if (!found) return [];
    if (found.group) return found.group.rows.map((row) => table.runIds[row]!);
    return [table.runIds[found.row]!];
  };
  const choose = (line: number, checked: boolean, withShift: boolean) => {
    const next = new Set(chosen);
    const [from, to] =
      withShift && anchor >= 0 ? [Math.min(anchor, line), Math.max(anchor, line)] : [line, line];
    for (let i = from; i <= to; i++) {
      for (const id of idsOf(i)) {
        if (checked) next.add(id);
        else next.delete(id);
      }
    }
    setAnchor(line);
    setChosen(next);
  };
  const open = (line: number) => {
    const found = lines.lines[line];
    if (!found) return;
    if (found.group) lines.toggle(found.group.id);
    else {
      void navigate({
        to: "/experiments/$experimentId/runs/$runId",
        params: {
          experimentId: table.text("attributes.experiment_id", found.row) ?? "0",
          runId: table.runIds[found.row]!,
        },
      });
    }
  };
  const hidden = new Set(view.hidden);
  return (
    <>
      {folded.length > 0 && (
        <div className="foot truncate" style={{ borderTop: 0, display: "block" }}>
          same in all:{" "}
          {folded.map(([key, value]) => (
            <span key={key} style={{ marginRight: 10 }} title={`${key} = ${value}`}>
              {key} = <span className="mono">{value}</span>
            </span>
          ))}
        </div>
      )}
      {lines.lines.length === 0 ? (
        <div className="scroll">
          {view.filter || view.state || view.model ? (
            <EmptyState title={view.state ? "No deleted runs match" : "No runs match"}>
              <p className="quiet">
                {runs.total !== undefined && `There are ${showCount(runs.total)} runs in all. `}
                Take a filter away to see more.
              </p>
            </EmptyState>
          ) : (
            props.emptyHint
          )}
        </div>
      ) : (
        <RunGrid
          label="Runs"
          state={state}
          lines={lines.lines}
          sort={sortOf(view)}
          group={view.group}
          color={view.color}
          chosen={chosen}
          closed={lines.closed}
          hidden={hidden}
          headActions={headActions}
          onChoose={choose}
          onToggle={(line) => {
            const found = lines.lines[line]!;
            lines.toggle(found.group ? found.group.id : table.runIds[found.row]!);
          }}
          onToggleHidden={(id) => {
            const next = hidden.has(id) ? [...hidden].filter((h) => h !== id) : [...hidden, id];
            setView({ hidden: next.length ? next : undefined });
          }}
          onOpen={open}
          onCell={(line, column, cell) =>
            setMenu({ line, column, box: cell.getBoundingClientRect() })
          }
        />
      )}
      <Counts runs={runs} shown={lines.order.length} />
      {menu && (
        <CellMenu
          menu={menu}
          row={lines.lines[menu.line]?.row ?? -1}
          onClose={() => setMenu(null)}
          onFilter={headActions.filter}
        />
      )}
    </>
  );
}

/** How many of how many, and how long it took. */
function Counts({ runs, shown }: { runs: Runs; shown: number }) {
  const of = runs.total === undefined ? "" : ` of ${showCount(runs.total)}`;
  return (
    <div className="foot numbers" role="status">
      <span>
        {runs.isWhole ? `${showCount(shown)}${of} runs` : `first ${showCount(shown)} runs`}
      </span>
      {runs.isWhole && <span>{Math.round(runs.tookMs)} ms</span>}
      {!runs.isWhole && <span>loading the others</span>}
    </div>
  );
}

function CellMenu({
  menu,
  row,
  onClose,
  onFilter,
}: {
  menu: { column: GridColumn; box: DOMRect };
  row: number;
  onClose: () => void;
  onFilter: (clause: string) => void;
}) {
  const { column, box } = menu;
  const ref = columnRef(column.id);
  if (row < 0 || !ref || !column.data) return null;
  const { only, not } = cellClauses(ref, filterName(ref), column.data, row);
  return (
    <Menu opened onClose={onClose} position="bottom-start" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <span
          style={{
            position: "fixed",
            left: box.left,
            top: box.top,
            width: box.width,
            height: box.height,
            pointerEvents: "none",
          }}
        />
      </Menu.Target>
      <Menu.Dropdown>
        {only && <Menu.Item onClick={() => onFilter(only)}>Only these</Menu.Item>}
        {not && <Menu.Item onClick={() => onFilter(not)}>Not these</Menu.Item>}
        <Menu.Item onClick={() => void copyText(exactText(column, row))}>Copy value</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
