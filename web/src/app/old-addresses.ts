/**
 * The addresses that MLflow's clients print are those of its own pages, behind a `#`. They lead to
 * the same things here. Null for what is none of them.
 */
export function oldAddress(hash: string): string | null {
  const path = /^#\/?((?:experiments|runs|models|compare-runs)(?:\/.*)?)$/.exec(hash)?.[1];
  if (!path) return null;
  const compared = /^compare-runs\?(.*)$/.exec(path)?.[1];
  if (compared) {
    const fields = new URLSearchParams(compared);
    return `compare?runs=${fields.get("runs") ?? "[]"}&experiments=${fields.get("experiments") ?? "[]"}`;
  }
  return path.replace(/^(experiments\/\d+\/runs\/\w+)\/.*$/, "$1").split("?")[0]!;
}
