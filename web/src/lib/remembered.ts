/** What this browser keeps for the person who uses it: what is neither in the URL nor on the server. */

import { Shared } from "./store";

const PREFIX = "millpond.";
const known = new Map<string, Shared<unknown>>();

/** A value by its name: as it was left the last time, also by another window. */
export function remembered<T>(name: string, fallback: T): Shared<T> {
  let found = known.get(name) as Shared<T> | undefined;
  if (!found) {
    const made = new Shared<T>(stored(name) ?? fallback);
    made.subscribe(() => keep(name, made.get()));
    known.set(name, made as Shared<unknown>);
    found = made;
  }
  return found;
}

function stored<T>(name: string): T | undefined {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

/** A browser that refuses to keep anything forgets it with the window. */
function keep(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {}
}
