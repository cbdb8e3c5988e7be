import { colorsOf, scaleColor } from "@/lib/colors";
import { showNumber } from "@/lib/format";
import type { RunTable } from "@/lib/run-columns";
import { summarize } from "@/lib/statistics";

const MOST_NAMED = 8;

/** The colour of each run: its own, or by the value of a column, with a legend. */
export function runColors(
  table: RunTable | undefined,
  order: ArrayLike<number>,
  by: string | undefined,
): { colors: Map<string, string>; legend: [name: string, color: string][] } {
  if (!table) return { colors: new Map(), legend: [] };
  const column = by && table.column(by);
  if (!column) return { colors: colorsOf(table.runIds), legend: [] };
  const rows = Array.from(order);
  const colors = new Map<string, string>();
  const numbers = column.numbers();
  if (numbers && (column.form === "number" || column.texts.length > MOST_NAMED)) {
    const { min, max } = summarize(rows.map((row) => numbers[row]!));
    const part = (value: number) => (max > min ? (value - min) / (max - min) : 0.5);
    for (const row of rows) {
      const value = numbers[row]!;
      colors.set(table.runIds[row]!, Number.isFinite(value) ? scaleColor(part(value)) : "#9aa3ad");
    }
    return {
      colors,
      legend: [min, (min + max) / 2, max].map((value) => [
        showNumber(value),
        scaleColor(part(value)),
      ]),
    };
  }
  const texts = [...new Set(rows.map((row) => column.text(row) ?? "none"))];
  const byText = colorsOf(texts);
  for (const row of rows) colors.set(table.runIds[row]!, byText.get(column.text(row) ?? "none")!);
  return { colors, legend: texts.slice(0, MOST_NAMED).map((text) => [text, byText.get(text)!]) };
}
