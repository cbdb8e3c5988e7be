import { type ComponentType, useEffect, useSyncExternalStore } from "react";
import { Shared } from "./store";

/** A component whose code comes in a chunk of its own. */
export interface Chunk<Props> {
  load: () => void;
  found: Shared<ComponentType<Props> | null>;
}

export function chunk<Props>(load: () => Promise<{ default: ComponentType<Props> }>): Chunk<Props> {
  const found = new Shared<ComponentType<Props> | null>(null);
  let isAsked = false;
  const ask = () => {
    if (isAsked) return;
    isAsked = true;
    load().then(
      (module) => found.set(module.default),
      () => {
        // Asked for again with the next look: the network may be back then.
        isAsked = false;
      },
    );
  };
  return { load: ask, found };
}

/**
 * The component, or null until its code is here. Unlike with React's `lazy`, it is shown as soon as it can be:
 * what a Suspense waited for is held back until 300 ms after the wait began.
 *
 * isWanted: now; if not, its code is fetched when the browser has nothing else to do.
 */
export function useChunk<Props>(
  { load, found }: Chunk<Props>,
  isWanted: boolean,
): ComponentType<Props> | null {
  useEffect(() => {
    if (isWanted) return load();
    // Safari has none.
    if (!("requestIdleCallback" in window)) return;
    const waiting = requestIdleCallback(load);
    return () => cancelIdleCallback(waiting);
  }, [isWanted, load]);
  return useSyncExternalStore(found.subscribe, found.get);
}
