/** How numbers, times and sizes are written everywhere. */

import { dayOf, partsOf } from "./zone";

/** Four significant digits; the exact value is for the hover and the clipboard. */
export function showNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return String(value);
  if (size >= 1e6 || size < 1e-4) {
    const [digits = "", power = "0"] = value.toExponential(3).split("e");
    return `${trimmed(digits)}e${Number(power)}`;
  }
  return trimmed(value.toPrecision(4));
}

function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

export function showCount(value: number): string {
  return value.toLocaleString("en-US");
}

/** "1 run", "2,000 runs". */
export function counted(count: number, noun: string): string {
  return `${showCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

export function showDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const AGES: [limit: number, unit: number, name: string][] = [
  [3_600_000, 60_000, "min"],
  [86_400_000, 3_600_000, "h"],
  [30 * 86_400_000, 86_400_000, "d"],
];

/** "just now", "5 min ago"; a day after a month. */
export function showAge(ms: number, now: number): string {
  if (!ms) return "–";
  const age = now - ms;
  if (age < 60_000) return age < -60_000 ? showDay(ms) : "just now";
  for (const [limit, unit, name] of AGES) {
    if (age < limit) return `${Math.floor(age / unit)} ${name} ago`;
  }
  return showDay(ms);
}

export function showDay(ms: number): string {
  return dayOf(ms);
}

/** To the second, in the zone of the person who looks, which is named. */
export function showTime(ms: number): string {
  const { day, clock, zone } = partsOf(ms);
  return `${day} ${clock} ${zone}`.trim();
}

export function showBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return unit ? `${size.toPrecision(3)} ${units[unit]}` : counted(bytes, "byte");
}

export function shortId(id: string): string {
  return id.slice(0, 8);
}
