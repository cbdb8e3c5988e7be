import { type ChartsView, readChartsView } from "@/lib/chart-view";

/** What of a run's page is in its address. */
export interface RunSearch extends ChartsView {
  tab?: string;
  /** The file that is shown: an artifact, or a log. */
  file?: string;
  /** The run that its code is compared with. */
  other?: string;
}

export function readRunSearch(search: Record<string, unknown>): RunSearch {
  const found: RunSearch = readChartsView(search);
  for (const name of ["tab", "file", "other"] as const) {
    const value = search[name];
    if (typeof value === "string" && value) found[name] = value;
  }
  return found;
}
