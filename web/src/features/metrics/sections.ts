/** Metrics in sections: the pinned ones, those without a prefix, then one for each prefix. */

export interface Section {
  name: string;
  metrics: string[];
}

const PINNED = "Pinned";
const PLAIN = "Metrics";

export function sectionsOf(keys: string[], pinned: string[], first: string[]): Section[] {
  const place = (key: string) => (first.includes(key) ? first.indexOf(key) : first.length);
  const sections = new Map<string, string[]>();
  const here = pinned.filter((key) => keys.includes(key));
  if (here.length) sections.set(PINNED, here);
  sections.set(PLAIN, []);
  const sorted = [...keys].sort(
    (one, other) => place(one) - place(other) || one.localeCompare(other),
  );
  for (const key of sorted) {
    if (here.includes(key)) continue;
    const slash = key.indexOf("/");
    const name = slash > 0 ? key.slice(0, slash) : PLAIN;
    if (sections.has(name)) sections.get(name)!.push(key);
    else sections.set(name, [key]);
  }
  return Array.from(sections, ([name, metrics]) => ({ name, metrics })).filter(
    ({ metrics }) => metrics.length > 0,
  );
}
