import { memo } from "react";
import { Icon } from "@/components/ui/icon";
import { Dot } from "@/components/ui/texts";
import { Tick } from "@/components/ui/tick";
import { showCount, showDuration, showNumber } from "@/lib/format";
import { address } from "@/lib/http";
import { type Group, groupSummary, type Line } from "@/lib/run-order";
import { hoveredRun } from "@/lib/store";
import { cellContent } from "./cells";
import { type GridColumn, type GridState, ROW_PX } from "./grid-parts";

export interface RowActions {
  choose: (line: number, checked: boolean, withShift: boolean) => void;
  toggle: (line: number) => void;
  open: (line: number) => void;
  toggleHidden: (runId: string) => void;
  openMenu: (line: number, column: GridColumn, cell: HTMLElement) => void;
  makeCurrent: (line: number) => void;
}

interface RowProps {
  line: Line;
  number: number;
  state: GridState;
  columns: GridColumn[];
  gap: number;
  width: number;
  isChosen: boolean;
  isSome: boolean;
  isCurrent: boolean;
  isClosed: boolean;
  isHidden: boolean;
  isHovered: boolean;
  actions: RowActions;
}

/** One line of the table: a run or the head of a group. */
export const GridRow = memo(function GridRow(props: RowProps) {
  const { line, number, columns, gap, width, isChosen, isCurrent, isHovered, actions } = props;
  const runId = line.row >= 0 ? props.state.table.runIds[line.row]! : null;
  const classes = [
    "grid-row",
    line.group && "group",
    isChosen && "chosen",
    isCurrent && "current",
    isHovered && "hovered",
  ];
  const edge = columns.findLastIndex((column) => column.isPinned);
  return (
    <div
      role="row"
      id={`line-${number}`}
      aria-rowindex={number + 2}
      aria-selected={isChosen}
      className={classes.filter(Boolean).join(" ")}
      style={{ transform: `translateY(${number * ROW_PX}px)`, width }}
      onMouseEnter={() => hoveredRun.set(runId)}
      onMouseLeave={() => hoveredRun.set(null)}
      onClick={() => actions.makeCurrent(number)}
    >
      {columns.map((column, i) => {
        const { content, title } =
          i === 0
            ? { content: <NameCell {...props} />, title: undefined }
            : line.group
              ? groupCell(props, line.group, column)
              : cellContent(column, line.row, props.state);
        return (
          <div
            key={column.id}
            role="gridcell"
            className={`cell${column.isRight ? " right" : ""}${column.isPinned ? " pinned" : ""}${i === edge ? " edge" : ""}`}
            title={title}
            style={{
              width: column.width,
              ...(column.isPinned ? { left: column.left } : {}),
              ...(i === edge + 1 ? { marginLeft: gap } : {}),
            }}
            onClick={(event) => {
              if (i > 0 && line.row >= 0) actions.openMenu(number, column, event.currentTarget);
            }}
          >
            {content}
          </div>
        );
      })}
    </div>
  );
});

/** Mean and spread of a column over the runs of a group. */
function groupCell({ state }: RowProps, group: Group, column: GridColumn) {
  if (column.id === "attributes.start_time") return { content: null };
  const found = groupSummary(state.table, column.id, group.rows);
  if (!found) return { content: null };
  const show = column.id === "attributes.duration" ? showDuration : showNumber;
  const spread = column.width >= 130 && (
    <span className="quiet" style={{ fontWeight: 400, fontSize: 11 }}>
      {show(found.min)}–{show(found.max)}
    </span>
  );
  return {
    content: (
      <>
        {show(found.mean)} {spread}
      </>
    ),
    title: `mean ${found.mean}, from ${found.min} to ${found.max}`,
  };
}

function NameCell(props: RowProps) {
  const { line, number, state, isChosen, isSome, isClosed, isHidden, actions } = props;
  if (line.group) {
    return (
      <>
        <Tick
          label={`Choose all runs of ${line.group.label}`}
          checked={isChosen}
          some={isSome}
          focusable={false}
          onChange={(checked, withShift) => actions.choose(number, checked, withShift)}
        />
        <button
          type="button"
          className="plain truncate"
          tabIndex={-1}
          aria-expanded={line.group.isOpen}
          onClick={() => actions.toggle(number)}
        >
          <Icon name={line.group.isOpen ? "down" : "right"} size={11} />
          <span className="truncate">{line.group.label}</span>
          <span className="quiet">{showCount(line.group.rows.length)}</span>
        </button>
      </>
    );
  }
  const { table, colors } = state;
  const runId = table.runIds[line.row]!;
  const name = table.text("attributes.run_name", line.row) || runId.slice(0, 8);
  return (
    <>
      <Tick
        label={`Choose ${name}`}
        checked={isChosen}
        focusable={false}
        onChange={(checked, withShift) => actions.choose(number, checked, withShift)}
      />
      {line.depth > 0 && <span style={{ width: 12 * line.depth, flex: "none" }} />}
      {line.children > 0 && (
        <button
          type="button"
          className="plain"
          style={{ padding: 0 }}
          tabIndex={-1}
          aria-label={isClosed ? `Show children of ${name}` : `Hide children of ${name}`}
          aria-expanded={!isClosed}
          onClick={() => actions.toggle(number)}
        >
          <Icon name={isClosed ? "right" : "down"} size={11} />
        </button>
      )}
      <button
        type="button"
        className="plain"
        style={{ padding: 2 }}
        tabIndex={-1}
        aria-label={isHidden ? `Show ${name} in charts` : `Hide ${name} in charts`}
        title={isHidden ? "Show in charts" : "Hide in charts"}
        onClick={() => actions.toggleHidden(runId)}
      >
        {isHidden ? <Icon name="eye-off" size={11} /> : <Dot color={colors.get(runId) ?? "#888"} />}
      </button>
      {/* A plain link: a router's own costs more than all the rest of a row. */}
      <a
        href={address(
          `experiments/${table.text("attributes.experiment_id", line.row)}/runs/${runId}`,
        )}
        className="truncate"
        tabIndex={-1}
        title={name}
        onClick={(event) => {
          if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          actions.open(number);
        }}
      >
        {name}
      </a>
      {line.children > 0 && isClosed && <span className="quiet">+{line.children}</span>}
    </>
  );
}
