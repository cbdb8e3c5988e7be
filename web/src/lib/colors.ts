/** One colour for each run, the same wherever the run is seen. */

// Twenty that are told apart by lightness too, so that colour-blind people can.
const WHEEL = [
  "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#7b3294", "#b2a000",
  "#1b4f72", "#f0768b", "#4d9221", "#8c510a", "#5b6ee1", "#c51b7d", "#35978f", "#a6611a",
  "#6a51a3", "#e08214", "#2a7fba", "#999933",
]; // biome-ignore format: a table

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  return value >>> 0;
}

/** The run's own colour, of its id alone. */
export function colorOf(runId: string): string {
  return WHEEL[hash(runId) % WHEEL.length]!;
}

/** Colours of runs seen together: each its own, and the next free one where two would be alike. */
export function colorsOf(runIds: string[]): Map<string, string> {
  const colors = new Map<string, string>();
  const taken = new Set<number>();
  for (const id of [...runIds].sort()) {
    let place = hash(id) % WHEEL.length;
    if (taken.size === WHEEL.length) taken.clear();
    while (taken.has(place)) place = (place + 1) % WHEEL.length;
    taken.add(place);
    colors.set(id, WHEEL[place]!);
  }
  return colors;
}

const VIRIDIS = ["#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39"];

/** From dark to bright as the part goes from 0 to 1. */
export function scaleColor(part: number): string {
  const place = Math.min(Math.max(part, 0), 1) * (VIRIDIS.length - 1);
  const left = Math.min(Math.floor(place), VIRIDIS.length - 2);
  return mix(VIRIDIS[left]!, VIRIDIS[left + 1]!, place - left);
}

function mix(one: string, other: string, share: number): string {
  const channel = (color: string, at: number) => Number.parseInt(color.slice(at, at + 2), 16);
  const mixed = [1, 3, 5].map((at) =>
    Math.round(channel(one, at) * (1 - share) + channel(other, at) * share),
  );
  return `rgb(${mixed.join(",")})`;
}
