/** Sizes as people write them. */

const UNITS: Record<string, number> = { "": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };

/** "2.5 GB" in bytes; null for no limit. Undefined for what is neither. */
export function parseLimit(text: string): number | null | undefined {
  const plain = text.trim().toLowerCase();
  if (/^(no limit|none|unlimited)$/.test(plain)) return null;
  const found = /^(\d+(?:\.\d+)?)\s*(b|bytes|kb|mb|gb|tb)?$/.exec(plain);
  if (!found) return undefined;
  const bytes = Math.round(Number(found[1]) * UNITS[(found[2] ?? "").replace("bytes", "b")]!);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}
