/** Runs as a CSV file. */

import { type ColumnRef, columnId, type RunTable } from "./run-columns";

/** A field as RFC 4180 wants it. A text that a spreadsheet would run as a formula gets a quote. */
export function csvField(value: string): string {
  const isNumber = value !== "" && Number.isFinite(Number(value));
  const safe = !isNumber && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Runs in the order of Databricks' file: Run ID, Name, Source Type, Source Name, User, Status, then
 * the params, then the metrics.
 */
export function runsCsv(table: RunTable, rows: number[], params: string[], metrics: string[]) {
  const columns: [title: string, id: string][] = [
    ["Run ID", "attributes.run_id"],
    ["Name", "attributes.run_name"],
    ["Source Type", "tags.mlflow.source.type"],
    ["Source Name", "tags.mlflow.source.name"],
    ["User", "attributes.user_id"],
    ["Status", "attributes.status"],
    ...named("param", params),
    ...named("metric", metrics),
  ];
  const lines = [columns.map(([title]) => csvField(title)).join(",")];
  for (const row of rows) {
    const fields = columns.map(([, id]) =>
      id === "attributes.run_id" ? table.runIds[row]! : csvField(table.text(id, row) ?? ""),
    );
    lines.push(fields.join(","));
  }
  return `${lines.join("\r\n")}\r\n`;
}

function named(kind: ColumnRef["kind"], keys: string[]): [string, string][] {
  return keys.map((key) => [key, columnId({ kind, key, statistic: "latest" })]);
}

export function saveFile(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
