import "uplot/dist/uPlot.min.css";
import { useLayoutEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { showDuration, showNumber, showTime } from "@/lib/format";
import { extentOf, nearest, type PlotLine, padded } from "@/lib/lines";
import { hoveredRun } from "@/lib/store";
import { dateInZone } from "@/lib/zone";
import { hoveredX } from "./hovered-x";
import { LineLayers } from "./line-layers";

export interface LineChartProps {
  lines: PlotLine[];
  axis: "step" | "time" | "relative_time";
  isLog: boolean;
  height: number;
  /** The part of x that is shown; null is all of it. */
  range: [number, number] | null;
  onZoom: (range: [number, number] | null) => void;
  label: string;
}

interface Near {
  line: PlotLine;
  x: number;
  y: number;
}

const NEAR_PX = 30;

/**
 * Lines over a common x. Axes, zoom and pointer are uPlot's; the lines are drawn here, because each
 * has its own x and there may be a thousand.
 */
export function LineChart(props: LineChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [near, setNear] = useState<Near | null>(null);
  const { lines, axis, isLog, height, range } = props;
  // Axes of nothing are not worth their time, of which there is least while a page opens.
  const isEmpty = lines.length === 0;

  useLayoutEffect(() => {
    if (isEmpty) return;
    const element = box.current!;
    const { plot: made, layers } = makePlot(element, latest, height, setNear);
    plot.current = made;
    const observer = new ResizeObserver(() => {
      const { clientWidth } = element;
      if (clientWidth && clientWidth !== made.width) made.setSize({ width: clientWidth, height });
    });
    observer.observe(element);
    const stopRun = hoveredRun.subscribe(() =>
      layers.bringForward(latest.current.lines, hoveredRun.get()),
    );
    const stopX = hoveredX.subscribe(() => {
      const shared = hoveredX.get();
      if (shared?.from === element) return;
      const left = shared ? made.valToPos(shared.x, "x") : -10;
      made.setCursor({ left, top: shared ? 0 : -10 }, false);
    });
    return () => {
      stopRun();
      stopX();
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [axis, isLog, height, isEmpty]);

  // What came is drawn in the frame that says so.
  useLayoutEffect(() => {
    const made = plot.current;
    if (!made) return;
    const extent = extentOf(lines, isLog, range);
    const [yMin, yMax] = padded(extent.yMin, extent.yMax, isLog);
    let { xMin, xMax } = extent;
    if (!Number.isFinite(xMin)) [xMin, xMax] = [0, 1];
    if (xMin === xMax) [xMin, xMax] = [xMin - 1, xMax + 1];
    made.batch(() => {
      made.setScale("x", { min: xMin, max: xMax });
      made.setScale("y", { min: yMin, max: yMax });
    });
    made.redraw(false, false);
  }, [lines, axis, isLog, range, height]);

  return (
    <div className="plot" role="img" aria-label={props.label} style={{ minHeight: height }}>
      <div ref={box} />
      {near && (
        <div className="chart-tip" style={{ left: 60 }}>
          <span className="dot" style={{ background: near.line.color }} /> {near.line.label}{" "}
          <strong className="numbers">{showNumber(near.y)}</strong>{" "}
          <span className="quiet">{showX(near.x, axis)}</span>
        </div>
      )}
    </div>
  );
}

export function showX(x: number, axis: LineChartProps["axis"]): string {
  if (axis === "time") return showTime(x);
  return axis === "relative_time" ? showDuration(x) : `step ${x}`;
}

function makePlot(
  element: HTMLElement,
  latest: React.RefObject<LineChartProps>,
  height: number,
  setNear: (near: Near | null) => void,
): { plot: uPlot; layers: LineLayers } {
  const { axis, isLog } = latest.current;
  const ink = () => getComputedStyle(element).getPropertyValue("--quiet");
  const line = () => getComputedStyle(element).getPropertyValue("--line");
  const ticks = { stroke: line, width: 1, size: 4 };
  const look = { stroke: ink, grid: { stroke: line, width: 0.5 }, ticks, font: "11px system-ui" };
  const options: uPlot.Options = {
    width: element.clientWidth || 320,
    height,
    ms: 1,
    tzDate: dateInZone,
    legend: { show: false },
    padding: [8, 10, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: axis === "time", auto: false },
      y: { auto: false, distr: isLog ? 3 : 1 },
    },
    axes: [
      {
        ...look,
        size: 26,
        ...(axis === "relative_time"
          ? { values: (_: uPlot, found: number[]) => found.map((x) => showDuration(x)) }
          : {}),
      },
      {
        ...look,
        size: 52,
        values: (_, found) => found.map((y) => (y === null ? "" : showNumber(y))),
      },
    ],
    series: [{}, { show: false }],
    hooks: {
      draw: [() => layers.draw(latest.current.lines, hoveredRun.get())],
      setSelect: [
        (u) => {
          const { left, width } = u.select;
          if (width < 4) return;
          const from = u.posToVal(left, "x");
          const to = u.posToVal(left + width, "x");
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          latest.current.onZoom([from, to]);
        },
      ],
      setCursor: [
        (u) => {
          const { left, top } = u.cursor;
          if (left === undefined || left < 0 || top === undefined) return;
          const near = nearTo(u, latest.current.lines, left, top);
          setNear(near);
          hoveredRun.set(near?.line.id ?? null);
          hoveredX.set({ x: u.posToVal(left, "x"), from: element });
        },
      ],
    },
  };
  const plot = new uPlot(
    options,
    [
      [0, 1],
      [null, null],
    ],
    element,
  );
  const layers = new LineLayers(plot);
  plot.over.addEventListener("dblclick", () => latest.current.onZoom(null));
  plot.over.addEventListener("mouseleave", () => {
    setNear(null);
    hoveredRun.set(null);
    hoveredX.set(null);
  });
  return { plot, layers };
}

/** The line that is next to the pointer, up or down from it. */
function nearTo(u: uPlot, lines: PlotLine[], left: number, top: number): Near | null {
  const x = u.posToVal(left, "x");
  let found: Near | null = null;
  let least = NEAR_PX;
  for (const line of lines) {
    const place = nearest(line.x, x);
    if (place < 0) continue;
    const y = (line.smooth ?? line.y)[place]!;
    const distance = Math.abs(u.valToPos(y, "y") - top);
    const aside = Math.abs(u.valToPos(line.x[place]!, "x") - left);
    if (distance < least && aside < NEAR_PX * 4) {
      least = distance;
      found = { line, x: line.x[place]!, y };
    }
  }
  return found;
}
