import { beforeEach, describe, expect, test, vi } from "vitest";
import type { PlotLine } from "@/lib/lines";
import { type Plane, strokeLines } from "../stroke-lines";

const PLANE: Plane = { xMin: 0, xMax: 10, yMin: 0, yMax: 1, isLog: false };

/** A canvas of 100 by 50 that remembers what was drawn on it. */
function paper() {
  const widths: number[] = [];
  const path: [what: string, x: number, y: number][] = [];
  const ctx = {
    canvas: { width: 100, height: 50 },
    lineWidth: 0,
    beginPath: () => {},
    moveTo: (x: number, y: number) => path.push(["to", x, y]),
    lineTo: (x: number, y: number) => path.push(["line", x, y]),
    arc: (x: number, y: number) => path.push(["dot", x, y]),
    fill: () => {},
    stroke: () => widths.push(ctx.lineWidth),
  };
  return { ctx: ctx as unknown as CanvasRenderingContext2D, widths, path };
}

function line(y: number[], smooth?: number[]): PlotLine {
  const x = y.map((_, i) => i);
  const forSmooth = smooth && Float64Array.from(smooth);
  return { id: "a", color: "#000", label: "a", x, y, smooth: forSmooth };
}

describe("lines on a canvas", () => {
  beforeEach(() => vi.stubGlobal("devicePixelRatio", 2));

  test("fill the plane, break at what is no number, and have dots while they are few", () => {
    const { ctx, path } = paper();
    strokeLines(ctx, [line([0, 1, Number.NaN, 0.5])], PLANE);
    expect(path).toEqual([
      ["to", 0, 50],
      ["line", 10, 0],
      ["to", 30, 25],
      ["dot", 0, 50],
      ["dot", 10, 0],
      ["dot", 30, 25],
    ]);
  });

  test("leave out on a log axis what has no logarithm", () => {
    const { ctx, path } = paper();
    strokeLines(ctx, [line([0, 0.1, 1])], { ...PLANE, yMin: 0.01, isLog: true });
    expect(path.filter(([what]) => what !== "dot")).toEqual([
      ["to", 10, 25],
      ["line", 20, 0],
    ]);
  });

  test("are wide while they have few points, and one pixel wide when they have many", () => {
    const few = paper();
    strokeLines(few.ctx, [line(new Array(100).fill(0.5))], PLANE);
    expect(few.widths).toEqual([2.6]);
    const many = paper();
    const long = line(new Array(1000).fill(0.5), new Array(1000).fill(0.5));
    strokeLines(many.ctx, [long, long], PLANE);
    expect(many.widths).toEqual([1, 1, 1, 1]);
  });
});
