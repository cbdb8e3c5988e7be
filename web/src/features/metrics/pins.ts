import { remembered } from "@/lib/remembered";
import { useShared } from "@/lib/store";

/** The metrics whose cards come first in an experiment. An address that names some goes before. */
export function usePins(experimentId: string): [string[], (pins: string[]) => void] {
  const pins = remembered<string[]>(`pins.${experimentId}`, []);
  return [useShared(pins), pins.set];
}

export function toggled(pins: string[], metric: string): string[] {
  return pins.includes(metric) ? pins.filter((other) => other !== metric) : [...pins, metric];
}
