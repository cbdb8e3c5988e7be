/** A value that components share and watch, for what is neither in the URL nor on the server. */

import { useSyncExternalStore } from "react";

export class Shared<T> {
  private readonly watchers = new Set<() => void>();

  constructor(private value: T) {}

  get = (): T => this.value;

  set = (value: T): void => {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const watcher of this.watchers) watcher();
  };

  subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };
}

export function useShared<T>(shared: Shared<T>): T {
  return useSyncExternalStore(shared.subscribe, shared.get);
}

/** The run that the pointer is on, anywhere: its line, dot and row come forward together. */
export const hoveredRun = new Shared<string | null>(null);
