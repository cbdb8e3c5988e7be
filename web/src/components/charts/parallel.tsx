import { useCallback, useState } from "react";
import type { Axis } from "@/lib/axes";
import { useWidth } from "@/lib/measured";
import { hoveredRun, useShared } from "@/lib/store";
import { Canvas } from "./canvas";

export type Brushes = ReadonlyMap<string, [number, number]>;

const TOP = 30;
const BOTTOM = 34;
// Runs without a value on an axis go by below it.
const NONE_PX = 18;
const END = 0.02;
const SIDE = 70;

export interface PlotRun {
  id: string;
  name: string;
  color: string;
  row: number;
}

/** Whether a row is inside every brush. */
export function isKept(row: number, axes: Axis[], brushes: Brushes): boolean {
  return axes.every((axis) => {
    const brush = brushes.get(axis.id);
    const place = axis.places[row]!;
    return !brush || (place >= brush[0] && place <= brush[1]);
  });
}

/** Parallel coordinates: a line for each run across all axes. Drag on an axis to keep a part. */
export function Parallel({
  axes,
  runs,
  kept,
  brushes,
  height,
  onBrush,
  onMove,
}: {
  axes: Axis[];
  runs: PlotRun[];
  kept: ReadonlySet<string>;
  brushes: Brushes;
  height: number;
  onBrush: (axis: string, range: [number, number] | null) => void;
  onMove: (axis: string, before: string) => void;
}) {
  const [box, width] = useWidth<HTMLDivElement>();
  const hovered = useShared(hoveredRun);
  const room = height - TOP - BOTTOM;
  const left = (i: number) =>
    axes.length > 1 ? SIDE + (i * (width - 2 * SIDE)) / (axes.length - 1) : width / 2;
  const lefts = axes.map((_, i) => left(i));
  const where = lefts.join();
  const draw = useCallback(
    (context: CanvasRenderingContext2D) => {
      const xs = where.split(",").map(Number);
      const stroke = (run: PlotRun, alpha: number, thick: number) => {
        context.globalAlpha = alpha;
        context.lineWidth = thick;
        context.strokeStyle = run.color;
        context.beginPath();
        let before = 0;
        axes.forEach((axis, i) => {
          const y = heightOf(axis.places[run.row]!, room);
          if (i > 0) {
            const middle = (xs[i - 1]! + xs[i]!) / 2;
            context.bezierCurveTo(middle, before, middle, y, xs[i]!, y);
          } else context.moveTo(xs[i]!, y);
          before = y;
        });
        context.stroke();
      };
      const strength = Math.max(0.15, Math.min(0.85, 60 / runs.length));
      for (const run of runs) if (!kept.has(run.id)) stroke(run, 0.05, 1);
      for (const run of runs)
        if (kept.has(run.id)) stroke(run, hovered ? strength / 3 : strength, 1.3);
      const one = runs.find((run) => run.id === hovered);
      if (one) stroke(one, 1, 3);
    },
    [axes, runs, kept, hovered, where, room],
  );
  const find = (event: React.MouseEvent) => {
    const { left: from, top } = box.current!.getBoundingClientRect();
    const x = event.clientX - from;
    const y = event.clientY - top;
    const i = lefts.findLastIndex((at) => at <= x);
    if (i < 0 || i >= axes.length - 1) return;
    const share = (x - lefts[i]!) / (lefts[i + 1]! - lefts[i]!);
    const ease = share * share * (3 - 2 * share);
    let best: string | null = null;
    let least = 8;
    for (const run of runs) {
      if (!kept.has(run.id)) continue;
      const one = heightOf(axes[i]!.places[run.row]!, room);
      const other = heightOf(axes[i + 1]!.places[run.row]!, room);
      const distance = Math.abs(one + (other - one) * ease - y);
      if (distance < least) {
        least = distance;
        best = run.id;
      }
    }
    hoveredRun.set(best);
  };
  const name = runs.find((run) => run.id === hovered)?.name;
  return (
    <div
      ref={box}
      style={{ position: "relative", height }}
      onMouseMove={find}
      onMouseLeave={() => hoveredRun.set(null)}
    >
      {width > 0 && (
        <>
          <Canvas
            width={width}
            height={height}
            draw={draw}
            label={`Parallel coordinates of ${runs.length} runs over ${axes.map((a) => a.title).join(", ")}`}
          />
          {axes.map((axis, i) => (
            <AxisLine
              key={axis.id}
              axis={axis}
              left={lefts[i]!}
              room={room}
              brush={brushes.get(axis.id)}
              onBrush={onBrush}
              onMove={onMove}
            />
          ))}
          {name && <div className="chart-tip">{name}</div>}
        </>
      )}
    </div>
  );
}

function heightOf(place: number, room: number): number {
  return Number.isNaN(place) ? TOP + room + NONE_PX : TOP + (1 - place) * room;
}

function AxisLine({
  axis,
  left,
  room,
  brush,
  onBrush,
  onMove,
}: {
  axis: Axis;
  left: number;
  room: number;
  brush: [number, number] | undefined;
  onBrush: (axis: string, range: [number, number] | null) => void;
  onMove: (axis: string, before: string) => void;
}) {
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const placeAt = (event: React.PointerEvent) => {
    const { top, height } = event.currentTarget.getBoundingClientRect();
    const place = 1 - (event.clientY - top) / height;
    // Who begins near an end means the end.
    return place > 1 - END ? 1 : place < END ? 0 : place;
  };
  const shown = drag ? ([Math.min(...drag), Math.max(...drag)] as const) : brush;
  return (
    <div
      style={{ position: "absolute", left: left - 60, top: 0, width: 120, pointerEvents: "none" }}
    >
      <div
        className="truncate"
        title={`${axis.id}: drag to another axis to move it`}
        draggable
        style={{
          textAlign: "center",
          fontWeight: 600,
          cursor: "grab",
          pointerEvents: "auto",
          lineHeight: "22px",
        }}
        onDragStart={(event) => event.dataTransfer.setData("text/axis", axis.id)}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => onMove(event.dataTransfer.getData("text/axis"), axis.id)}
      >
        {axis.title}
        {axis.isLog && <span className="quiet"> log</span>}
      </div>
      <div
        data-axis={axis.id}
        style={{
          position: "absolute",
          left: 48,
          top: TOP,
          width: 24,
          height: room,
          pointerEvents: "auto",
          cursor: "crosshair",
          touchAction: "none",
        }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([placeAt(event), placeAt(event)]);
        }}
        onPointerMove={(event) => drag && setDrag([drag[0], placeAt(event)])}
        onPointerUp={() => {
          if (drag) {
            const [low, high] = [Math.min(...drag), Math.max(...drag)];
            onBrush(axis.id, high - low > 0.01 ? [low, high] : null);
          }
          setDrag(null);
        }}
      >
        <div
          style={{
            position: "absolute",
            left: 11,
            top: 0,
            width: 1,
            height: room,
            background: "var(--quiet)",
          }}
        />
        {shown && (
          <div
            style={{
              position: "absolute",
              left: 4,
              width: 15,
              top: (1 - shown[1]) * room,
              height: (shown[1] - shown[0]) * room,
              background: "var(--accent)",
              opacity: 0.35,
              border: "1px solid var(--accent)",
            }}
          />
        )}
      </div>
      {axis.places.some(Number.isNaN) && (
        <span
          className="quiet"
          style={{ position: "absolute", left: 66, top: TOP + room + NONE_PX - 8, fontSize: 11 }}
        >
          none
        </span>
      )}
      {axis.ticks.map(({ place, label }) => (
        <span
          key={label}
          className="truncate numbers"
          style={{
            position: "absolute",
            left: 66,
            maxWidth: 74,
            top: TOP + (1 - place) * room - 8,
            fontSize: 11,
            lineHeight: "16px",
            padding: "0 2px",
            background: "color-mix(in srgb, var(--ground) 75%, transparent)",
          }}
        >
          {label}
        </span>
      ))}
    </div>
  );
}
