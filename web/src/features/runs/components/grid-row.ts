import { element, IconElement } from "@/components/ui/elements";
import type { Line } from "@/lib/run-order";
import { type CellContent, cellContent, cellTitle, groupContent, groupTitle } from "./cells";
import { type GridColumn, type GridState, ROW_PX, type RowMarks, type Shown } from "./grid-parts";
import { GroupName, RunName } from "./name-cell";

/** What a row shows; the same again is not written again. */
interface Written {
  number: number;
  line: Line;
  state: GridState;
  shown: Shown;
  marks: RowMarks;
}

/** One line of the table, a run or the head of a group, and its elements, which are used again. */
export class GridRow {
  readonly element = element("div", "grid-row", { role: "row" });
  readonly nameCell = element("div", "cell name pinned", { role: "gridcell" });
  private cells: GridCell[] = [];
  // Made when it is needed first: most tables have no groups.
  private runName: RunName | null = null;
  private groupName: GroupName | null = null;
  private written: Written | null = null;
  private isTitled = false;

  constructor() {
    this.element.append(this.nameCell);
  }

  get number(): number {
    return this.written?.number ?? -1;
  }

  get line(): Line | null {
    return this.written?.line ?? null;
  }

  /** The run that is shown; null for a group. */
  get runId(): string | null {
    const { line, state } = this.written ?? {};
    return line && state && line.row >= 0 ? state.table.runIds[line.row]! : null;
  }

  /** Out of the table, until it shows something again. */
  clear(): void {
    this.element.remove();
    this.written = null;
  }

  cellOf(target: Element): GridCell | undefined {
    return this.cells.find((cell) => cell.element.contains(target));
  }

  write(next: Written): void {
    const before = this.written;
    const { number, line, state, shown, marks } = next;
    const isOther = before?.line !== line || before.state !== state;
    if (!isOther && before.number === number && before.shown === shown) {
      if (sameMarks(before.marks, marks)) return;
    }
    this.written = next;
    if (before?.shown !== shown) this.layOut(shown);
    if (before?.number !== number) {
      this.element.style.transform = `translateY(${number * ROW_PX}px)`;
      this.element.setAttribute("aria-rowindex", String(number + 2));
    }
    this.writeMarks(line, number, marks);
    this.writeName(line, state, marks);
    if (isOther || before.shown !== shown) {
      for (const { column, show } of this.cells) {
        show(
          line.group
            ? groupContent(column, line.group, state)
            : cellContent(column, line.row, state),
        );
      }
      this.isTitled = false;
    }
  }

  /** The exact values, for the hover: they are nobody's need while rows fly by. */
  writeTitles(): void {
    if (this.isTitled || !this.written) return;
    this.isTitled = true;
    const { line, state } = this.written;
    for (const { column, element } of this.cells) {
      const title = line.group
        ? groupTitle(column, line.group, state)
        : cellTitle(column, line.row);
      if (element.title !== title) element.title = title;
    }
  }

  private writeMarks(line: Line, number: number, marks: RowMarks): void {
    const { classList } = this.element;
    classList.toggle("group", line.group !== undefined);
    classList.toggle("chosen", marks.isChosen);
    classList.toggle("current", marks.isCurrent);
    this.element.setAttribute("aria-selected", String(marks.isChosen));
    // What the table calls its current row by.
    if (marks.isCurrent) this.element.id = `line-${number}`;
    else if (this.element.id) this.element.removeAttribute("id");
  }

  private writeName(line: Line, state: GridState, marks: RowMarks): void {
    if (line.group) {
      this.groupName ??= new GroupName(this.nameCell);
      this.groupName.write(line.group, marks);
    } else {
      this.runName ??= new RunName(this.nameCell);
      this.runName.write(line, state, marks);
    }
  }

  /** A cell for each column that is shown, in their order. */
  private layOut({ columns, gap, width }: Shown): void {
    this.element.style.width = `${width}px`;
    const edge = columns.findLastIndex((column) => column.isPinned);
    const [first, ...others] = columns as [GridColumn, ...GridColumn[]];
    placeCell(this.nameCell, first, edge === 0, 0);
    const before = new Map(this.cells.map((cell) => [cell.column.id, cell]));
    this.cells = others.map((column, i) => {
      const cell = before.get(column.id) ?? new GridCell(column);
      before.delete(column.id);
      cell.column = column;
      placeCell(cell.element, column, edge === i + 1, edge === i ? gap : 0);
      return cell;
    });
    for (const { element } of before.values()) element.remove();
    let place = this.nameCell.nextSibling;
    for (const { element } of this.cells) {
      if (element === place) place = place.nextSibling;
      else this.element.insertBefore(element, place);
    }
  }
}

class GridCell {
  readonly element = element("div", "cell", { role: "gridcell" });
  private readonly text = document.createTextNode("");
  private quiet: HTMLElement | null = null;
  private icon: IconElement | null = null;
  private inner: HTMLElement | null = null;
  private className = "";

  constructor(public column: GridColumn) {
    this.element.append(this.text);
  }

  show = ({ text, quiet = "", icon, className = "" }: CellContent): void => {
    if (this.text.data !== text) this.text.data = text;
    if (className !== this.className) this.markWith(className);
    if (icon) {
      this.icon ??= new IconElement(icon);
      this.icon.show(icon);
      if (!this.icon.element.parentNode) this.text.before(this.icon.element);
    } else this.icon?.element.remove();
    if (quiet || this.quiet) {
      this.quiet ??= element("span", "quiet spread");
      this.quiet.textContent = quiet;
      if (!this.quiet.parentNode) this.element.append(this.quiet);
    }
  };

  /** A text that is more than a text stands in an element of its own. */
  private markWith(className: string): void {
    this.className = className;
    if (!this.inner) {
      this.inner = element("span", className);
      this.text.before(this.inner);
      this.inner.append(this.text);
    } else this.inner.className = className;
  }
}

function placeCell(cell: HTMLElement, column: GridColumn, isEdge: boolean, gap: number): void {
  const { style, classList } = cell;
  style.width = `${column.width}px`;
  style.marginLeft = gap ? `${gap}px` : "";
  style.setProperty("--left", `${column.left}px`);
  classList.toggle("right", column.isRight);
  classList.toggle("pinned", column.isPinned);
  classList.toggle("edge", isEdge);
}

function sameMarks(one: RowMarks, other: RowMarks): boolean {
  return (Object.keys(one) as (keyof RowMarks)[]).every((key) => one[key] === other[key]);
}
