import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Line, Sort } from "@/lib/run-order";
import { GridHead, type HeadActions } from "./grid-head";
import { type GridColumn, type GridState, HEAD_PX, isLineChosen, ROW_PX } from "./grid-parts";
import { GridRows } from "./grid-rows";

/** Which of the columns that are not pinned are in sight. */
interface Span {
  first: number;
  last: number;
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
  const body = useRef<HTMLDivElement>(null);
  const rows = useRef<GridRows | null>(null);
  const [span, setSpan] = useState<Span>({ first: 0, last: 20 });
  const [current, setCurrent] = useState(-1);
  const width = columns.reduce((sum, column) => sum + column.width, 0);

  const look = useCallback(() => {
    const element = box.current;
    if (element) setSpan((before) => same(before, spanOf(element, columns)));
  }, [columns]);
  useLayoutEffect(look, [look]);

  const shown = useMemo(() => {
    const pinned = columns.filter((column) => column.isPinned);
    const loose = columns.filter((column) => !column.isPinned);
    return {
      columns: [...pinned, ...loose.slice(span.first, span.last)],
      gap: loose.slice(0, span.first).reduce((sum, column) => sum + column.width, 0),
      width,
    };
  }, [columns, span, width]);

  const latest = useRef(props);
  latest.current = props;
  useLayoutEffect(() => {
    const made = new GridRows(box.current!, body.current!, {
      choose: (...given) => latest.current.onChoose(...given),
      toggle: (line) => latest.current.onToggle(line),
      open: (line) => latest.current.onOpen(line),
      toggleHidden: (runId) => latest.current.onToggleHidden(runId),
      openMenu: (...given) => latest.current.onCell(...given),
      makeCurrent: setCurrent,
    });
    rows.current = made;
    return () => made.destroy();
  }, []);
  useLayoutEffect(() => {
    rows.current!.show({ lines, state, shown, chosen, closed, hidden, current });
  }, [lines, state, shown, chosen, closed, hidden, current]);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      look();
      rows.current!.scroll();
    });
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, [look]);

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

  return (
    <div
      ref={box}
      className="grid"
      role="grid"
      aria-label={props.label}
      aria-rowcount={lines.length + 1}
      aria-colcount={columns.length}
      aria-multiselectable
      tabIndex={0}
      onScroll={() => {
        look();
        rows.current!.scroll();
      }}
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
      <div
        ref={body}
        role="rowgroup"
        style={{ position: "relative", width, height: lines.length * ROW_PX }}
      />
    </div>
  );
}

function howMany(lines: Line[], runIds: string[], chosen: ReadonlySet<string>) {
  if (!chosen.size || !lines.length) return "none";
  return lines.every((line) => isLineChosen(line, runIds, chosen)) ? "all" : "some";
}

function same(before: Span, now: Span): Span {
  return before.first === now.first && before.last === now.last ? before : now;
}

/** What is in sight, and a little around it. */
function spanOf({ scrollLeft, clientWidth }: HTMLElement, columns: GridColumn[]): Span {
  const loose = columns.filter((column) => !column.isPinned);
  const pinnedWidth = columns.reduce((sum, c) => sum + (c.isPinned ? c.width : 0), 0);
  let left = pinnedWidth;
  let first = 0;
  let last = 0;
  loose.forEach((column, i) => {
    if (left + column.width < scrollLeft + pinnedWidth - 200) first = i + 1;
    if (left < scrollLeft + clientWidth + 200) last = i + 1;
    left += column.width;
  });
  return { first, last };
}
