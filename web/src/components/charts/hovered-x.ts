import { Shared } from "@/lib/store";

/** Where on x the pointer is, in the chart that it is on: the others show the same place. */
export const hoveredX = new Shared<{ x: number; from: HTMLElement } | null>(null);
