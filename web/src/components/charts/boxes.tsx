import { useCallback } from "react";
import type { Axis } from "@/lib/axes";
import { quantile } from "@/lib/statistics";
import type { PlotRun } from "./parallel";
import { Plane, type PlaneFrame } from "./plane";

/** How a column lies in each group of another: median, quartiles, whiskers (1.5 of the box), runs. */
export function Boxes({
  groupAxis,
  yAxis,
  runs,
  kept,
  height,
  onBrush,
}: {
  groupAxis: Axis;
  yAxis: Axis;
  runs: PlotRun[];
  kept: ReadonlySet<string>;
  height: number;
  /** A part of y was dragged over. */
  onBrush: (y: [number, number]) => void;
}) {
  const draw = useCallback(
    (context: CanvasRenderingContext2D, frame: PlaneFrame) => {
      const groups = new Map<number, PlotRun[]>();
      for (const run of runs) {
        const place = groupAxis.places[run.row]!;
        if (Number.isNaN(place + yAxis.places[run.row]!) || !kept.has(run.id)) continue;
        groups.set(place, [...(groups.get(place) ?? []), run]);
      }
      const ink = getComputedStyle(context.canvas).color;
      const half = Math.max(6, Math.min(28, frame.width / (groups.size + 1) / 4));
      for (const [place, members] of groups) {
        const x = frame.x(place);
        const sorted = members.map((run) => yAxis.places[run.row]!).sort((a, b) => a - b);
        const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(sorted, part));
        const reach = 1.5 * (high! - low!);
        const ends = [
          sorted.find((value) => value >= low! - reach)!,
          sorted.findLast((value) => value <= high! + reach)!,
        ];
        context.strokeStyle = ink;
        context.lineWidth = 1.2;
        context.globalAlpha = 0.8;
        context.strokeRect(x - half, frame.y(high!), 2 * half, frame.y(low!) - frame.y(high!));
        context.beginPath();
        context.moveTo(x, frame.y(high!));
        context.lineTo(x, frame.y(ends[1]!));
        context.moveTo(x, frame.y(low!));
        context.lineTo(x, frame.y(ends[0]!));
        for (const end of ends) {
          context.moveTo(x - half / 2, frame.y(end));
          context.lineTo(x + half / 2, frame.y(end));
        }
        context.stroke();
        context.lineWidth = 2.5;
        context.beginPath();
        context.moveTo(x - half, frame.y(middle!));
        context.lineTo(x + half, frame.y(middle!));
        context.stroke();
        members.forEach((run, i) => {
          const aside = ((i * 0.618) % 1) - 0.5;
          context.fillStyle = run.color;
          context.beginPath();
          context.arc(x + aside * half, frame.y(yAxis.places[run.row]!), 3, 0, 7);
          context.fill();
        });
      }
    },
    [groupAxis, yAxis, runs, kept],
  );
  return (
    <Plane
      xAxis={groupAxis}
      yAxis={yAxis}
      height={height}
      draw={draw}
      onBrush={(_, range) => onBrush(range)}
      label={`${yAxis.title} in groups of ${groupAxis.title}`}
    />
  );
}
