import type { Line } from "@/lib/run-order";
import { hoveredRun } from "@/lib/store";
import {
  type GridColumn,
  type GridState,
  HEAD_PX,
  isLineChosen,
  ROW_PX,
  type RowMarks,
  type Shown,
} from "./grid-parts";
import { GridRow } from "./grid-row";

/** What a row can be asked to do; lines by their number. */
export interface RowActions {
  choose: (line: number, checked: boolean, withShift: boolean) => void;
  toggle: (line: number) => void;
  open: (line: number) => void;
  toggleHidden: (runId: string) => void;
  openMenu: (line: number, column: GridColumn, cell: HTMLElement) => void;
  makeCurrent: (line: number) => void;
}

export interface RowsView {
  lines: Line[];
  state: GridState;
  shown: Shown;
  chosen: ReadonlySet<string>;
  closed: ReadonlySet<string>;
  hidden: ReadonlySet<string>;
  current: number;
}

const OVERSCAN = 6;
const REST_MS = 120;

/**
 * The rows of a table that are in sight. They are written here, past React: while one scrolls, all
 * of them change in every frame, and to compare what they were with what they will be takes longer
 * than to write it.
 */
export class GridRows {
  private rows: GridRow[] = [];
  private view: RowsView | null = null;
  private first = 0;
  private left = 0;
  private resting = 0;
  private readonly stop: () => void;

  /** grid: what scrolls; body: where the rows are. */
  constructor(
    private readonly grid: HTMLElement,
    private readonly body: HTMLElement,
    private readonly actions: RowActions,
  ) {
    body.addEventListener("click", this.onClick);
    body.addEventListener("mouseover", this.onOver);
    body.addEventListener("mouseleave", this.onLeave);
    grid.addEventListener("wheel", this.onWheel, { passive: true });
    const unwatch = hoveredRun.subscribe(() => this.markHovered());
    this.stop = () => {
      body.removeEventListener("click", this.onClick);
      body.removeEventListener("mouseover", this.onOver);
      body.removeEventListener("mouseleave", this.onLeave);
      grid.removeEventListener("wheel", this.onWheel);
      unwatch();
    };
  }

  destroy(): void {
    this.stop();
    clearTimeout(this.resting);
    this.body.replaceChildren();
  }

  /** Other rows, columns or marks. The first time only what is seen, so that it is seen soon. */
  show(view: RowsView): void {
    const around = this.view ? OVERSCAN : 0;
    this.view = view;
    this.draw(around);
    for (const row of this.rows) {
      if (row.line && view.lines[row.number] !== row.line) row.clear();
    }
  }

  /** The same rows, another part of them. */
  scroll(): void {
    if (!this.view) return;
    if (this.grid.scrollLeft !== this.left) this.slide();
    const leap = Math.abs(this.firstInSight() - this.first);
    // After a leap there is no time for rows that nobody sees: they come when it rests.
    this.draw(leap < this.rows.length ? OVERSCAN : 0);
  }

  private draw(around: number): void {
    const sight = Math.ceil((this.grid.clientHeight - HEAD_PX) / ROW_PX) + 1;
    const size = sight + 2 * OVERSCAN;
    if (size !== this.rows.length) {
      this.body.replaceChildren();
      this.rows = Array.from({ length: size }, () => new GridRow());
    }
    const first = this.firstInSight();
    this.first = first;
    this.write(first - around, first + sight + around);
    this.restSoon();
  }

  private restSoon(): void {
    clearTimeout(this.resting);
    this.resting = window.setTimeout(() => {
      const first = this.firstInSight();
      // What is in sight and on both sides of it: as many as there are elements.
      this.write(first - OVERSCAN, first - OVERSCAN + this.rows.length);
      for (const row of this.rows) row.writeTitles();
      this.stay();
    }, REST_MS);
  }

  /**
   * Pinned cells are sticky only while the table moves sideways. The browser draws each sticky cell
   * as a layer of its own, and fifty of them are half of the time of a frame.
   */
  private slide(): void {
    this.grid.classList.add("sliding");
  }

  private stay(): void {
    const { scrollLeft } = this.grid;
    if (scrollLeft !== this.left) this.body.style.setProperty("--aside", `${scrollLeft}px`);
    this.left = scrollLeft;
    this.grid.classList.remove("sliding");
  }

  private write(from: number, to: number): void {
    const { lines, state, shown, current } = this.view!;
    for (let number = Math.max(0, from); number < Math.min(to, lines.length); number++) {
      const line = lines[number]!;
      const row = this.rows[number % this.rows.length]!;
      row.write({ number, line, state, shown, marks: this.marksOf(line, number) });
      if (!row.element.parentNode) this.body.append(row.element);
    }
    const isSeen = this.rows[current % this.rows.length]?.number === current;
    if (isSeen) this.grid.setAttribute("aria-activedescendant", `line-${current}`);
    else this.grid.removeAttribute("aria-activedescendant");
    this.markHovered();
  }

  private marksOf(line: Line, number: number): RowMarks {
    const { state, chosen, closed, hidden, current } = this.view!;
    const { runIds } = state.table;
    const runId = line.row >= 0 ? runIds[line.row]! : "";
    return {
      isChosen: isLineChosen(line, runIds, chosen),
      isSome: line.group?.rows.some((row) => chosen.has(runIds[row]!)) ?? false,
      isCurrent: number === current,
      isClosed: closed.has(runId),
      isHidden: hidden.has(runId),
    };
  }

  private markHovered(): void {
    const hovered = hoveredRun.get();
    for (const { element, runId } of this.rows) {
      element.classList.toggle("hovered", runId !== null && runId === hovered);
    }
  }

  private firstInSight(): number {
    return Math.floor(this.grid.scrollTop / ROW_PX);
  }

  private rowOf(target: EventTarget | null): GridRow | undefined {
    return this.rows.find(({ element }) => element.contains(target as Element));
  }

  private readonly onOver = ({ target }: MouseEvent) =>
    hoveredRun.set(this.rowOf(target)?.runId ?? null);

  private readonly onWheel = ({ deltaX, shiftKey }: WheelEvent) => {
    if (!deltaX && !shiftKey) return;
    this.slide();
    this.restSoon();
  };

  private readonly onLeave = () => hoveredRun.set(null);

  private readonly onClick = (event: MouseEvent) => {
    const target = event.target as Element;
    const row = this.rowOf(target);
    if (!row?.line) return;
    const { number, runId } = row;
    if (target instanceof HTMLInputElement) {
      this.actions.choose(number, target.checked, event.shiftKey);
      return;
    }
    if (target.closest(".fold")) this.actions.toggle(number);
    else if (target.closest(".eye")) this.actions.toggleHidden(runId!);
    else if (target.closest("a")) {
      if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
        event.preventDefault();
        this.actions.open(number);
      }
    } else {
      const cell = row.cellOf(target);
      if (cell && runId !== null) this.actions.openMenu(number, cell.column, cell.element);
    }
    this.actions.makeCurrent(number);
  };
}
