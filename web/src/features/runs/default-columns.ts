/** Which columns a table opens with: what differs between the runs. */

import { type ColumnRef, columnId, type RunTable } from "@/lib/run-columns";
import { explainedByGroups, rankCorrelation } from "@/lib/statistics";
import type { Key, Keys } from "./api/run-keys";

const MOST_METRICS = 8;
const MOST_PARAMS = 8;
const MOST_ROWS = 2000;

export const NAME = "attributes.run_name";

/** Asked for in any case: names, times, and who is whose child. */
export const ALWAYS: ColumnRef[] = [
  ...["run_name", "start_time", "end_time", "status", "experiment_id", "user_id"].map((key) => ({
    kind: "attribute" as const,
    key,
    statistic: "latest" as const,
  })),
  { kind: "tag", key: "mlflow.parentRunId", statistic: "latest" },
];

function varies(key: Key, runs: number): boolean {
  if (key.runs < runs) return true;
  if (key.common.length) return key.common.length > 1;
  return key.min !== key.max;
}

/** How likely a metric is the one that decides, by what people call such metrics. */
function weight(name: string): number {
  if (/^system\//.test(name)) return -10;
  let found = 0;
  if (/(^|[_/.-])(val|valid|validation|test|eval|holdout|dev)([_/.-]|$)/i.test(name)) found += 4;
  if (/best/i.test(name)) found += 1;
  if (/acc|auc|f1|r2|score|precision|recall|bleu|map|iou|ndcg/i.test(name)) found += 3;
  if (/loss|error|rmse|mae|mse|perplexity|ppl/i.test(name)) found += 2;
  if (/epoch|step|time|second|lr|learning_rate|grad/i.test(name)) found -= 4;
  return found;
}

export interface KeyChoice {
  metrics: string[];
  params: string[];
  /** Params that are the same in all runs, with their value. */
  same: [key: string, value: string][];
}

export function chooseKeys(keys: Keys): KeyChoice {
  // Nearly every run has the commonest key: its name, where it comes from.
  const runs = Math.max(0, ...[...keys.metrics, ...keys.params, ...keys.tags].map((k) => k.runs));
  const metrics = keys.metrics
    .filter((key) => varies(key, runs) && weight(key.key) > -10)
    .sort((one, other) => weight(other.key) - weight(one.key) || other.runs - one.runs);
  const params = keys.params.filter((key) => varies(key, runs));
  const same = keys.params
    .filter((key) => !varies(key, runs))
    .map((key): [string, string] => [key.key, key.common[0]?.value ?? String(key.min)]);
  return {
    metrics: metrics.slice(0, MOST_METRICS).map((key) => key.key),
    params: params
      .sort((one, other) => other.runs - one.runs)
      .slice(0, MOST_PARAMS)
      .map((key) => key.key),
    same: same.sort(([one], [other]) => one.localeCompare(other)),
  };
}

/** How much a column says about a metric: 0 to 1, or NaN if it cannot be told. */
export function explains(table: RunTable, id: string, metric: string, most = MOST_ROWS): number {
  const column = table.column(id);
  const target = table.column(metric);
  if (!column || !target) return Number.NaN;
  const step = Math.max(1, Math.floor(table.rows / most));
  const rows = Array.from({ length: Math.ceil(table.rows / step) }, (_, i) => i * step);
  const values = rows.map((row) => target.number(row));
  if (column.form === "number" || column.numbers()) {
    return Math.abs(
      rankCorrelation(
        rows.map((row) => column.number(row)),
        values,
      ),
    );
  }
  return explainedByGroups(
    rows.map((row) => column.codes[row]!),
    values,
  );
}

/** The columns to open with: what the runs are, then metrics and params, the telling ones first. */
export function defaultColumns(choice: KeyChoice, sample: RunTable | undefined, several: boolean) {
  const id = (kind: ColumnRef["kind"], key: string) => columnId({ kind, key, statistic: "latest" });
  const metrics = choice.metrics.map((key) => id("metric", key));
  const params = choice.params.map((key) => id("param", key));
  const [main] = metrics;
  if (sample && main) {
    const told = new Map(params.map((param) => [param, explains(sample, param, main) || 0]));
    params.sort((one, other) => told.get(other)! - told.get(one)!);
  }
  return [
    NAME,
    ...(several ? ["attributes.experiment_id"] : []),
    // Which is best, and why: on the first screen, before when and how long.
    ...metrics.slice(0, 1),
    ...params.slice(0, 2),
    "attributes.start_time",
    "attributes.duration",
    "attributes.status",
    ...metrics.slice(1),
    ...params.slice(2),
  ];
}
