import { useCallback } from "react";
import type { Axis } from "@/lib/axes";
import { hoveredRun, useShared } from "@/lib/store";
import type { PlotRun } from "./parallel";
import { Plane, type PlaneFrame } from "./plane";

const NEAR_PX = 14;

/** Points of runs over two columns; behind them, if it is given, a painted ground. */
export function Scatter({
  xAxis,
  yAxis,
  runs,
  kept,
  height,
  ground,
  onBrush,
  onOpen,
}: {
  xAxis: Axis;
  yAxis: Axis;
  runs: PlotRun[];
  kept: ReadonlySet<string>;
  height: number;
  ground?: (context: CanvasRenderingContext2D, frame: PlaneFrame) => void;
  onBrush: (x: [number, number], y: [number, number]) => void;
  onOpen: (runId: string) => void;
}) {
  const hovered = useShared(hoveredRun);
  const draw = useCallback(
    (context: CanvasRenderingContext2D, frame: PlaneFrame) => {
      ground?.(context, frame);
      const dot = (run: PlotRun, size: number, alpha: number) => {
        const x = frame.x(xAxis.places[run.row]!);
        const y = frame.y(yAxis.places[run.row]!);
        if (Number.isNaN(x + y)) return;
        context.globalAlpha = alpha;
        context.beginPath();
        context.arc(x, y, size, 0, 7);
        context.fillStyle = run.color;
        context.fill();
        context.strokeStyle = "#fff";
        context.lineWidth = 1;
        context.stroke();
      };
      const size = runs.length > 300 ? 3 : 4.5;
      for (const run of runs) if (run.id !== hovered) dot(run, size, kept.has(run.id) ? 0.9 : 0.1);
      const one = runs.find((run) => run.id === hovered);
      if (one) dot(one, size + 3, 1);
    },
    [xAxis, yAxis, runs, kept, hovered, ground],
  );
  const one = runs.find((run) => run.id === hovered);
  return (
    <Plane
      xAxis={xAxis}
      yAxis={yAxis}
      height={height}
      draw={draw}
      label={`${runs.length} runs: ${yAxis.title} over ${xAxis.title}`}
      onBrush={onBrush}
      onClick={() => hovered && onOpen(hovered)}
      onPoint={(at) => {
        let best: string | null = null;
        let least = NEAR_PX;
        for (const run of at ? runs : []) {
          const x = at!.frame.x(xAxis.places[run.row]!);
          const y = at!.frame.y(yAxis.places[run.row]!);
          const distance = Math.hypot(x - at!.x, y - at!.y);
          if (distance < least) {
            least = distance;
            best = run.id;
          }
        }
        hoveredRun.set(best);
      }}
    >
      {one && (
        <div className="chart-tip" style={{ left: 76, top: 14 }}>
          {one.name}
        </div>
      )}
    </Plane>
  );
}
