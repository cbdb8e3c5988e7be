import type uPlot from "uplot";
import type { PlotLine } from "@/lib/lines";

const FAINT = 0.22;

/** Draw lines into a plot, the one of the hovered run last and strong. */
export function strokeLines(u: uPlot, lines: PlotLine[], hovered: string | null): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.lineJoin = "round";
  const isHere = lines.some((line) => line.id === hovered);
  for (const line of lines) {
    if (line.id === hovered) continue;
    const strength = isHere ? 0.3 : 1;
    if (line.smooth) stroke(u, line, line.y, ratio, FAINT * strength);
    stroke(u, line, line.smooth ?? line.y, 1.3 * ratio, strength);
  }
  for (const line of lines) {
    if (line.id !== hovered) continue;
    if (line.smooth) stroke(u, line, line.y, ratio, 0.45);
    stroke(u, line, line.smooth ?? line.y, 2.4 * ratio, 1);
  }
  ctx.restore();
}

function stroke(
  u: uPlot,
  line: PlotLine,
  y: ArrayLike<number>,
  width: number,
  alpha: number,
): void {
  const { ctx } = u;
  const { x } = line;
  const x0 = u.valToPos(u.scales.x!.min!, "x", true);
  const xScale =
    (u.valToPos(u.scales.x!.max!, "x", true) - x0) / (u.scales.x!.max! - u.scales.x!.min!);
  const isLog = u.scales.y!.distr === 3;
  const low = isLog ? Math.log10(u.scales.y!.min!) : u.scales.y!.min!;
  const high = isLog ? Math.log10(u.scales.y!.max!) : u.scales.y!.max!;
  const y0 = u.valToPos(u.scales.y!.min!, "y", true);
  const yScale = (u.valToPos(u.scales.y!.max!, "y", true) - y0) / (high - low);
  const xMin = u.scales.x!.min!;
  ctx.globalAlpha = alpha;
  ctx.strokeStyle = line.color;
  ctx.fillStyle = line.color;
  ctx.lineWidth = width;
  ctx.beginPath();
  let isDown = false;
  let drawn = 0;
  for (let i = 0; i < x.length; i++) {
    const value = isLog ? Math.log10(y[i]!) : y[i]!;
    if (!Number.isFinite(value)) {
      isDown = false;
      continue;
    }
    const px = x0 + (x[i]! - xMin) * xScale;
    const py = y0 + (value - low) * yScale;
    if (isDown) ctx.lineTo(px, py);
    else ctx.moveTo(px, py);
    isDown = true;
    drawn++;
  }
  ctx.stroke();
  // Few points are shown as points too; one alone would not be seen otherwise.
  if (drawn > 12) return;
  for (let i = 0; i < x.length; i++) {
    const value = isLog ? Math.log10(y[i]!) : y[i]!;
    if (!Number.isFinite(value)) continue;
    ctx.beginPath();
    ctx.arc(x0 + (x[i]! - xMin) * xScale, y0 + (value - low) * yScale, width * 1.4, 0, 7);
    ctx.fill();
  }
}
