import { Menu } from "@mantine/core";
import { memo, useState } from "react";
import { HeaderHistogram } from "@/components/charts/header-histogram";
import { Icon } from "@/components/ui/icon";
import { Tick } from "@/components/ui/tick";
import type { Direction } from "@/lib/directions";
import { roundedOut } from "@/lib/filters";
import { columnRef, columnTitle, filterName } from "@/lib/run-columns";
import type { Sort } from "@/lib/run-order";
import type { GridColumn } from "./grid-parts";

export interface HeadActions {
  sort: (sort: Sort) => void;
  resize: (id: string, width: number, isDone: boolean) => void;
  move: (id: string, before: string | null) => void;
  pin: (id: string) => void;
  remove: (id: string) => void;
  filter: (clause: string) => void;
  group: (id: string | undefined) => void;
  color: (id: string | undefined) => void;
  prefer: (metric: string, direction: Direction) => void;
  chooseAll: (checked: boolean) => void;
}

interface HeadProps {
  columns: GridColumn[];
  all: GridColumn[];
  gap: number;
  width: number;
  sort: Sort;
  group: string | undefined;
  color: string | undefined;
  chosen: "all" | "some" | "none";
  actions: HeadActions;
}

/** The heads of the columns. */
export const GridHead = memo(function GridHead(props: HeadProps) {
  const { columns, gap, width } = props;
  const edge = columns.findLastIndex((column) => column.isPinned);
  return (
    <div className="grid-head" role="row" aria-rowindex={1} style={{ width }}>
      {columns.map((column, i) => (
        <HeadCell
          key={column.id}
          {...props}
          column={column}
          isFirst={i === 0}
          margin={i === edge + 1 ? gap : 0}
        />
      ))}
    </div>
  );
});

function HeadCell(props: HeadProps & { column: GridColumn; isFirst: boolean; margin: number }) {
  const { column, isFirst, sort, actions, margin, chosen } = props;
  const [isDropping, setDropping] = useState(false);
  const ref = columnRef(column.id);
  if (!ref) return null;
  const title = columnTitle(ref);
  const isSorted = sort.column === column.id;
  const isNumeric = column.data && ref.kind !== "attribute" ? column.data.numbers() : null;
  return (
    <div
      role="columnheader"
      aria-sort={isSorted ? (sort.descending ? "descending" : "ascending") : "none"}
      className={`head-cell${column.isPinned ? " pinned" : ""}${isDropping ? " dropping" : ""}`}
      style={{
        width: column.width,
        ...(column.isPinned ? { left: column.left } : {}),
        ...(margin ? { marginLeft: margin } : {}),
      }}
      onDragOver={(event) => {
        if (!isFirst && event.dataTransfer.types.includes("text/column")) {
          event.preventDefault();
          setDropping(true);
        }
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        setDropping(false);
        actions.move(event.dataTransfer.getData("text/column"), column.id);
      }}
    >
      {!isFirst && <span className="family">{ref.kind === "attribute" ? "\u00a0" : ref.kind}</span>}
      <div
        className="title"
        style={isFirst ? { paddingTop: 12 } : undefined}
        draggable={!isFirst}
        onDragStart={(event) => event.dataTransfer.setData("text/column", column.id)}
      >
        {isFirst && (
          <Tick
            label="Choose all runs"
            checked={chosen === "all"}
            some={chosen === "some"}
            onChange={actions.chooseAll}
          />
        )}
        <button
          type="button"
          className="sorter"
          title={`${column.id}: click to sort`}
          onClick={() => {
            // The best first; the other way round with the next click.
            const first = column.better === "max";
            actions.sort({ column: column.id, descending: isSorted ? !sort.descending : first });
          }}
        >
          <span className="truncate">{title}</span>
          {isSorted && <Icon name={sort.descending ? "down" : "up"} size={11} />}
        </button>
        <ColumnMenu {...props} title={title} />
      </div>
      {isNumeric && (
        <HeaderHistogram
          values={isNumeric}
          label={title}
          onBrush={(low, high) =>
            actions.filter(`${filterName(ref)} BETWEEN ${roundedOut(low, high).join(" AND ")}`)
          }
        />
      )}
      <Resizer column={column} actions={actions} />
    </div>
  );
}

function Resizer({ column, actions }: { column: GridColumn; actions: HeadActions }) {
  const width = (event: React.PointerEvent, from: { x: number; width: number }) =>
    Math.min(Math.max(from.width + event.clientX - from.x, 48), 900);
  const [from, setFrom] = useState<{ x: number; width: number } | null>(null);
  return (
    <div
      className="resizer"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setFrom({ x: event.clientX, width: column.width });
      }}
      onPointerMove={(event) => from && actions.resize(column.id, width(event, from), false)}
      onPointerUp={(event) => {
        if (from) actions.resize(column.id, width(event, from), true);
        setFrom(null);
      }}
    />
  );
}

function ColumnMenu(props: HeadProps & { column: GridColumn; isFirst: boolean; title: string }) {
  const { column, isFirst, title, actions, all, group, color } = props;
  const [isOpen, setOpen] = useState(false);
  const place = all.findIndex((other) => other.id === column.id);
  const next = all[place + 2]?.id ?? null;
  const button = (
    <button
      type="button"
      className="plain more"
      aria-label={`Column ${title}`}
      aria-haspopup="menu"
      onClick={() => setOpen(!isOpen)}
    >
      <Icon name="dots" size={12} />
    </button>
  );
  // A menu is dear and there are many columns: it is made when it is opened.
  if (!isOpen) return button;
  return (
    <Menu
      opened
      onChange={setOpen}
      position="bottom-end"
      transitionProps={{ duration: 0 }}
      returnFocus
    >
      <Menu.Target>{button}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => actions.sort({ column: column.id, descending: false })}>
          Sort ascending
        </Menu.Item>
        <Menu.Item onClick={() => actions.sort({ column: column.id, descending: true })}>
          Sort descending
        </Menu.Item>
        {!isFirst && (
          <>
            <Menu.Item onClick={() => actions.pin(column.id)}>
              {column.isPinned ? "Unpin" : "Pin to the left"}
            </Menu.Item>
            <Menu.Item
              disabled={place < 2}
              onClick={() => actions.move(column.id, all[place - 1]!.id)}
            >
              Move left
            </Menu.Item>
            <Menu.Item
              disabled={place === all.length - 1}
              onClick={() => actions.move(column.id, next)}
            >
              Move right
            </Menu.Item>
            <Menu.Item onClick={() => actions.group(group === column.id ? undefined : column.id)}>
              {group === column.id ? "Do not group" : "Group by this"}
            </Menu.Item>
            <Menu.Item onClick={() => actions.color(color === column.id ? undefined : column.id)}>
              {color === column.id ? "Colour each run by itself" : "Colour runs by this"}
            </Menu.Item>
            {column.better && (
              <PreferItem column={column} better={column.better} actions={actions} />
            )}
            <Menu.Item onClick={() => actions.remove(column.id)}>Hide column</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Which way a metric is better was guessed from its name; here it is said. */
function PreferItem({
  column,
  better,
  actions,
}: {
  column: GridColumn;
  better: Direction;
  actions: HeadActions;
}) {
  const other = better === "max" ? "min" : "max";
  return (
    <Menu.Item onClick={() => actions.prefer(columnRef(column.id)!.key, other)}>
      {other === "min" ? "Less is better" : "More is better"}
      <span className="quiet"> (now: {better === "min" ? "less" : "more"})</span>
    </Menu.Item>
  );
}
