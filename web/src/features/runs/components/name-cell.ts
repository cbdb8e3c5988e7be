import { element, IconElement } from "@/components/ui/elements";
import { showCount } from "@/lib/format";
import { address } from "@/lib/http";
import type { Group, RunLine } from "@/lib/run-order";
import type { GridState, RowMarks } from "./grid-parts";

/** The first cell of a run: to tick it, to unfold it, to hide its line, and its name. */
export class RunName {
  private readonly tick = tickElement();
  private readonly indent = element("span", "indent");
  private readonly fold = foldElement("plain fold bare");
  private readonly eye = element("button", "plain eye", { type: "button", tabindex: "-1" });
  private readonly dot = element("span", "dot", { "aria-hidden": "true" });
  private readonly eyeOff = new IconElement("eye-off", 11);
  private readonly link = element("a", "truncate", { tabindex: "-1" });
  private readonly name = document.createTextNode("");
  private readonly below = element("span", "quiet");

  constructor(private readonly cell: HTMLElement) {
    this.link.append(this.name);
  }

  write(line: RunLine, { table, colors }: GridState, marks: RowMarks): void {
    const runId = table.runIds[line.row]!;
    const name = table.text("attributes.run_name", line.row) || runId.slice(0, 8);
    if (!this.tick.parentNode) this.cell.replaceChildren(this.tick, this.eye, this.link);
    this.tick.checked = marks.isChosen;
    this.tick.setAttribute("aria-label", `Choose ${name}`);
    this.writeFold(line, name, marks.isClosed);
    const { isHidden } = marks;
    this.eye.setAttribute(
      "aria-label",
      isHidden ? `Show ${name} in charts` : `Hide ${name} in charts`,
    );
    this.eye.title = isHidden ? "Show in charts" : "Hide in charts";
    this.dot.style.background = colors.get(runId) ?? "#888";
    const mark = isHidden ? this.eyeOff.element : this.dot;
    if (this.eye.firstChild !== mark) this.eye.replaceChildren(mark);
    const experiment = table.text("attributes.experiment_id", line.row);
    this.link.href = address(`experiments/${experiment}/runs/${runId}`);
    this.link.title = name;
    this.name.data = name;
  }

  /** Most runs have none below them and are below none: then nothing of this is there. */
  private writeFold(line: RunLine, name: string, isClosed: boolean): void {
    const { fold, indent, below, cell } = this;
    if (line.children) {
      fold.icon.show(isClosed ? "right" : "down");
      const { button } = fold;
      button.setAttribute("aria-expanded", String(!isClosed));
      button.setAttribute(
        "aria-label",
        isClosed ? `Show children of ${name}` : `Hide children of ${name}`,
      );
      if (!button.parentNode) cell.insertBefore(button, this.eye);
    } else fold.button.remove();
    if (line.depth) {
      indent.style.width = `${12 * line.depth}px`;
      if (!indent.parentNode) cell.insertBefore(indent, this.tick.nextSibling);
    } else indent.remove();
    if (line.children && isClosed) {
      below.textContent = `+${line.children}`;
      if (!below.parentNode) cell.append(below);
    } else below.remove();
  }
}

/** The first cell of a group: to tick all of it, to unfold it, what it is and how large. */
export class GroupName {
  private readonly tick = tickElement();
  private readonly fold = foldElement("plain fold truncate");
  private readonly label = element("span", "truncate");
  private readonly count = element("span", "quiet");

  constructor(private readonly cell: HTMLElement) {
    this.fold.button.append(this.label, this.count);
  }

  write(group: Group, { isChosen, isSome }: RowMarks): void {
    if (!this.tick.parentNode) this.cell.replaceChildren(this.tick, this.fold.button);
    this.tick.checked = isChosen;
    this.tick.indeterminate = isSome && !isChosen;
    this.tick.setAttribute("aria-label", `Choose all runs of ${group.label}`);
    this.fold.icon.show(group.isOpen ? "down" : "right");
    this.fold.button.setAttribute("aria-expanded", String(group.isOpen));
    this.label.textContent = group.label;
    this.count.textContent = showCount(group.rows.length);
  }
}

function tickElement(): HTMLInputElement {
  return element("input", "tick", { type: "checkbox", tabindex: "-1" });
}

function foldElement(className: string) {
  const button = element("button", className, { type: "button", tabindex: "-1" });
  const icon = new IconElement("down", 11);
  button.append(icon.element);
  return { button, icon };
}
