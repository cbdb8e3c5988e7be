import type { RegisteredModel } from "@/lib/mlflow";

/** Aliases and stages of a model with the version that has each. */
export function standingsOf(model: RegisteredModel): [title: string, version: string][] {
  return [
    ...(model.aliases ?? []).map(({ alias, version }): [string, string] => [`@${alias}`, version]),
    ...(model.latest_versions ?? [])
      .filter(({ current_stage }) => !["None", "Archived"].includes(current_stage))
      .map(({ current_stage, version }): [string, string] => [current_stage, version]),
  ];
}

/** Who leads: the champion by name, else who is in production. */
export function leaderOf(model: RegisteredModel): { title: string; version: string } | null {
  const found = standingsOf(model);
  const leader =
    found.find(([title]) => title === "@champion") ??
    found.find(([title]) => title === "Production") ??
    found.find(([title]) => /^@(prod|production|live)$/i.test(title));
  return leader ? { title: leader[0], version: leader[1] } : null;
}
