import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Line, Sort } from "@/lib/run-order";
import { hoveredRun, useShared } from "@/lib/store";
import { GridHead, type HeadActions } from "./grid-head";
import { type GridColumn, type GridState, ROW_PX } from "./grid-parts";
import { GridRow, type RowActions } from "./grid-row";

const HEAD_PX = 59;
const OVERSCAN = 6;

interface Frame {
  firstRow: number;
  lastRow: number;
  firstColumn: number;
  lastColumn: number;
}

export interface GridProps {
  state: GridState;
  lines: Line[];
  sort: Sort;
  group: string | undefined;
  color: string | undefined;
  chosen: ReadonlySet<string>;
  closed: ReadonlySet<string>;
  hidden: ReadonlySet<string>;
  headActions: HeadActions;
  onChoose: (line: number, checked: boolean, withShift: boolean) => void;
  onToggle: (line: number) => void;
  onToggleHidden: (runId: string) => void;
  onOpen: (line: number) => void;
  onCell: (line: number, column: GridColumn, cell: HTMLElement) => void;
  label: string;
}

/** The table of runs: what is in sight of it, whatever its size. */
export function RunGrid(props: GridProps) {
  const { state, lines, chosen, closed, hidden } = props;
  const { columns, table } = state;
  const box = useRef<HTMLDivElement>(null);
  const [frame, setFrame] = useState<Frame>({
    firstRow: 0,
    lastRow: 40,
    firstColumn: 0,
    lastColumn: 20,
  });
  const [current, setCurrent] = useState(-1);
  const hovered = useShared(hoveredRun);
  const width = columns.reduce((sum, column) => sum + column.width, 0);

  const look = useCallback(() => {
    const element = box.current;
    if (element) setFrame((before) => same(before, frameOf(element, columns)));
  }, [columns]);
  useLayoutEffect(look, [look]);
  useEffect(() => {
    const observer = new ResizeObserver(look);
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, [look]);

  const latest = useRef(props);
  latest.current = props;
  // One object for the life of the table, so that rows are drawn anew only when they differ.
  const actions = useMemo<RowActions>(
    () => ({
      choose: (...given) => latest.current.onChoose(...given),
      toggle: (line) => latest.current.onToggle(line),
      open: (line) => latest.current.onOpen(line),
      toggleHidden: (runId) => latest.current.onToggleHidden(runId),
      openMenu: (...given) => latest.current.onCell(...given),
      makeCurrent: setCurrent,
    }),
    [],
  );

  const shown = useMemo(() => {
    const pinned = columns.filter((column) => column.isPinned);
    const loose = columns.filter((column) => !column.isPinned);
    const first = Math.max(0, frame.firstColumn);
    return {
      columns: [...pinned, ...loose.slice(first, frame.lastColumn)],
      gap: loose.slice(0, first).reduce((sum, column) => sum + column.width, 0),
    };
  }, [columns, frame.firstColumn, frame.lastColumn]);

  const reveal = (line: number) => {
    setCurrent(line);
    const element = box.current!;
    const top = line * ROW_PX;
    const room = element.clientHeight - HEAD_PX - ROW_PX;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top > element.scrollTop + room) element.scrollTop = top - room;
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const page = Math.floor(box.current!.clientHeight / ROW_PX) - 3;
    const step = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -lines.length,
      End: lines.length,
      j: 1,
      k: -1,
    }[event.key];
    if (step !== undefined) {
      const from = current < 0 && step > 0 ? -1 : current;
      reveal(Math.min(Math.max(from + step, 0), lines.length - 1));
    } else if (current < 0 || current >= lines.length) return;
    else if (event.key === "x" || event.key === "X" || event.key === " ") {
      props.onChoose(current, !isLineChosen(lines[current]!, table.runIds, chosen), event.shiftKey);
    } else if (event.key === "Enter") props.onOpen(current);
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const line = lines[current]!;
      const isOpen = line.group ? line.group.isOpen : !closed.has(table.runIds[line.row]!);
      const canToggle = line.group !== undefined || line.children > 0;
      if (canToggle && isOpen === (event.key === "ArrowLeft")) props.onToggle(current);
    } else return;
    event.preventDefault();
  };

  const rows = [];
  const pool = frame.lastRow - frame.firstRow;
  for (let i = frame.firstRow; i < Math.min(frame.lastRow, lines.length); i++) {
    const line = lines[i]!;
    const runId = line.row >= 0 ? table.runIds[line.row]! : "";
    rows.push(
      <GridRow
        // The same elements are used again for the rows that come into sight.
        key={i % pool}
        line={line}
        number={i}
        state={state}
        columns={shown.columns}
        gap={shown.gap}
        width={width}
        isChosen={isLineChosen(line, table.runIds, chosen)}
        isSome={line.group?.rows.some((row) => chosen.has(table.runIds[row]!)) ?? false}
        isCurrent={i === current}
        isClosed={closed.has(runId)}
        isHidden={hidden.has(runId)}
        isHovered={hovered !== null && hovered === runId}
        actions={actions}
      />,
    );
  }
  return (
    <div
      ref={box}
      className="grid"
      role="grid"
      aria-label={props.label}
      aria-rowcount={lines.length + 1}
      aria-colcount={columns.length}
      aria-multiselectable
      aria-activedescendant={current >= frame.firstRow ? `line-${current}` : undefined}
      tabIndex={0}
      onScroll={look}
      onKeyDown={onKeyDown}
    >
      <GridHead
        columns={shown.columns}
        all={columns}
        gap={shown.gap}
        width={width}
        sort={props.sort}
        group={props.group}
        color={props.color}
        chosen={howMany(lines, table.runIds, chosen)}
        actions={props.headActions}
      />
      <div role="rowgroup" style={{ position: "relative", width, height: lines.length * ROW_PX }}>
        {rows}
      </div>
    </div>
  );
}

function isLineChosen(line: Line, runIds: string[], chosen: ReadonlySet<string>): boolean {
  if (!chosen.size) return false;
  if (line.group) return line.group.rows.every((row) => chosen.has(runIds[row]!));
  return chosen.has(runIds[line.row]!);
}

function howMany(lines: Line[], runIds: string[], chosen: ReadonlySet<string>) {
  if (!chosen.size || !lines.length) return "none";
  return lines.every((line) => isLineChosen(line, runIds, chosen)) ? "all" : "some";
}

function same(before: Frame, now: Frame): Frame {
  const keys = Object.keys(now) as (keyof Frame)[];
  return keys.every((key) => before[key] === now[key]) ? before : now;
}

/** What is in sight, and a little around it, in steps so that not every pixel is a new frame. */
function frameOf(element: HTMLElement, columns: GridColumn[]): Frame {
  const { scrollTop, scrollLeft, clientHeight, clientWidth } = element;
  // Always the same number of rows, so that their elements can be used again and again.
  const size = Math.ceil(clientHeight / ROW_PX / 2) * 2 + 2 * OVERSCAN;
  const firstRow = Math.max(0, Math.floor(scrollTop / ROW_PX / 2) * 2 - OVERSCAN);
  const lastRow = firstRow + size;
  const loose = columns.filter((column) => !column.isPinned);
  const pinnedWidth = columns.reduce((sum, c) => sum + (c.isPinned ? c.width : 0), 0);
  let left = pinnedWidth;
  let firstColumn = 0;
  let lastColumn = 0;
  loose.forEach((column, i) => {
    if (left + column.width < scrollLeft + pinnedWidth - 200) firstColumn = i + 1;
    if (left < scrollLeft + clientWidth + 200) lastColumn = i + 1;
    left += column.width;
  });
  return { firstRow, lastRow, firstColumn, lastColumn };
}
