/** The time zone that times are shown in: this browser's, unless another was chosen. */

import { remembered } from "./remembered";

/** A name such as `Europe/Berlin`; empty for this browser's. */
export const chosenZone = remembered("zone", "");

export const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

export function zonesToChoose(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let found = formats.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat("en", {
      timeZone: zone || undefined,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      timeZoneName: "short",
    });
    formats.set(zone, found);
  }
  return found;
}

const QUARTER_MS = 900_000;
const MOST_DAYS = 10_000;
const days = new Map<string, string>();

/**
 * A time's day, remembered: a table that is scrolled asks for thousands in a second. Zones differ by
 * quarters of an hour, so that in each of them it is one day everywhere in a zone.
 */
export function dayOf(ms: number, zone = chosenZone.get()): string {
  const key = `${Math.floor(ms / QUARTER_MS)} ${zone}`;
  let day = days.get(key);
  if (day === undefined) {
    if (days.size >= MOST_DAYS) days.clear();
    day = partsOf(ms, zone).day;
    days.set(key, day);
  }
  return day;
}

/** A time's day, clock and zone as they are written there. */
export function partsOf(ms: number, zone = chosenZone.get()) {
  const found: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(ms)) found[type] = value;
  return {
    day: `${found.year}-${found.month}-${found.day}`,
    clock: `${found.hour}:${found.minute}:${found.second}`,
    zone: found.timeZoneName ?? "",
  };
}

/** A date whose own fields are those of the zone, for what draws axes by them. */
export function dateInZone(ms: number): Date {
  if (!chosenZone.get()) return new Date(ms);
  const { day, clock } = partsOf(ms);
  return new Date(`${day}T${clock}`);
}
