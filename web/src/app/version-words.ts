/** A model's name, and the number behind it if there is one: "churn v3", "churn version 3". */
export function versionWords(text: string): { name: string; version: string | null } {
  const found = /^(.*?\S)\s+(?:version\s*|v)?(\d+)$/i.exec(text.trim());
  return found ? { name: found[1]!, version: found[2]! } : { name: text.trim(), version: null };
}
