import { type ComponentType, useEffect, useSyncExternalStore } from "react";
import { Shared } from "./store";

/** A component whose code comes in a chunk of its own. */
export interface Chunk<Props> {
  load: () => void;
  found: Shared<ComponentType<Props> | Error | null>;
}

export function chunk<Props>(load: () => Promise<{ default: ComponentType<Props> }>): Chunk<Props> {
  const found = new Shared<ComponentType<Props> | Error | null>(null);
  let isAsked = false;
  return {
    found,
    load: () => {
      if (isAsked) return;
      isAsked = true;
      load().then(
        (module) => found.set(module.default),
        (failure: unknown) => found.set(new Error(`A part of the studio is missing: ${failure}`)),
      );
    },
  };
}

/**
 * The component, or null until its code is here; throws if that does not come. Unlike with React's
 * `lazy` it is shown at once: what a Suspense waited for is held back until 300 ms after the wait began.
 *
 * isWanted: now; if not, its code is fetched when the browser has nothing else to do.
 */
export function useChunk<Props>(
  { load, found }: Chunk<Props>,
  isWanted: boolean,
): ComponentType<Props> | null {
  useEffect(() => {
    if (isWanted) return load();
    // Not every browser has it; then the code comes when it is wanted.
    if (!("requestIdleCallback" in window)) return;
    const waiting = requestIdleCallback(load);
    return () => cancelIdleCallback(waiting);
  }, [isWanted, load]);
  const component = useSyncExternalStore(found.subscribe, found.get);
  if (component instanceof Error) throw component;
  return component;
}
