import { useMemo } from "react";
import type { Run } from "@/lib/mlflow";

/** The metrics of a run by name: of what it trained, or of the machine; the same array while they are. */
export function useMetricKeys(run: Run, isSystem: boolean): string[] {
  const text = JSON.stringify(
    (run.data.metrics ?? [])
      .map(({ key }) => key)
      .filter((key) => key.startsWith("system/") === isSystem)
      .sort((one, other) => one.localeCompare(other)),
  );
  return useMemo(() => JSON.parse(text) as string[], [text]);
}
