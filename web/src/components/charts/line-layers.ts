import type uPlot from "uplot";
import type { PlotLine } from "@/lib/lines";
import { type Plane, strokeLines, strokeStrong } from "./stroke-lines";

/**
 * The lines of a plot on canvases of their own, before its grid: all lines, and before them those of
 * one run. Another run is brought forward by drawing it alone; all others only become paler.
 */
export class LineLayers {
  private readonly all = canvas();
  private readonly strong = canvas();
  private shown: string | null = null;

  constructor(private readonly plot: uPlot) {
    plot.over.prepend(this.all, this.strong);
  }

  draw(lines: PlotLine[], hovered: string | null): void {
    strokeLines(this.cleared(this.all), lines, this.plane());
    this.bringForward(lines, hovered);
  }

  bringForward(lines: PlotLine[], hovered: string | null): void {
    const found = hovered === null ? [] : lines.filter(({ id }) => id === hovered);
    const next = found.length ? hovered : null;
    if (next === null && this.shown === null) return;
    this.shown = next;
    this.all.classList.toggle("pale", next !== null);
    strokeStrong(this.cleared(this.strong), found, this.plane());
  }

  private plane(): Plane {
    const { x, y } = this.plot.scales as Record<"x" | "y", uPlot.Scale>;
    return {
      xMin: x.min!,
      xMax: x.max!,
      yMin: y.min!,
      yMax: y.max!,
      isLog: y.distr === 3,
    };
  }

  private cleared(element: HTMLCanvasElement): CanvasRenderingContext2D {
    const [width, height] = [this.plot.bbox.width, this.plot.bbox.height].map(Math.round) as [
      number,
      number,
    ];
    const ctx = element.getContext("2d")!;
    if (element.width !== width || element.height !== height) {
      element.width = width;
      element.height = height;
    } else ctx.clearRect(0, 0, width, height);
    return ctx;
  }
}

function canvas(): HTMLCanvasElement {
  const element = document.createElement("canvas");
  element.className = "lines";
  return element;
}
