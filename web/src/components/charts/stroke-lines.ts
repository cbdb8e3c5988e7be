import type { PlotLine } from "@/lib/lines";

/** The part of the plane that a drawing shows. */
export interface Plane {
  xMin: number;
  xMax: number;
  yMin: number;
  yMax: number;
  isLog: boolean;
}

const FAINT = 0.22;
const STRONG_PX = 2.4;
const PLAIN_PX = 1.3;
const FEW_POINTS = 12;
// A line of one pixel is drawn some twenty times faster than one that is a little wider, which is
// first made an outline. So many points of the wider kind are a few milliseconds.
const MOST_WIDE_POINTS = 3000;

/** Draw all lines over the whole of a canvas; of each with a smooth one the raw is faint behind. */
export function strokeLines(ctx: CanvasRenderingContext2D, lines: PlotLine[], plane: Plane): void {
  const ratio = devicePixelRatio || 1;
  const points = lines.reduce((sum, { x, smooth }) => sum + x.length * (smooth ? 2 : 1), 0);
  const width = points > MOST_WIDE_POINTS ? 1 : PLAIN_PX * ratio;
  for (const line of lines) {
    if (line.smooth) stroke(ctx, plane, line, line.y, Math.min(width, ratio), FAINT);
    stroke(ctx, plane, line, line.smooth ?? line.y, width, 1);
  }
}

/** Draw lines that stand before all others. */
export function strokeStrong(ctx: CanvasRenderingContext2D, lines: PlotLine[], plane: Plane): void {
  const ratio = devicePixelRatio || 1;
  for (const line of lines) {
    if (line.smooth) stroke(ctx, plane, line, line.y, 1, 2 * FAINT);
    stroke(ctx, plane, line, line.smooth ?? line.y, STRONG_PX * ratio, 1);
  }
}

function stroke(
  ctx: CanvasRenderingContext2D,
  { xMin, xMax, yMin, yMax, isLog }: Plane,
  { x, color }: PlotLine,
  y: ArrayLike<number>,
  width: number,
  alpha: number,
): void {
  const { canvas } = ctx;
  const low = isLog ? Math.log10(yMin) : yMin;
  const high = isLog ? Math.log10(yMax) : yMax;
  const xScale = canvas.width / (xMax - xMin);
  const yScale = canvas.height / (high - low);
  ctx.globalAlpha = alpha;
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = width;
  ctx.lineJoin = "round";
  ctx.beginPath();
  let isDown = false;
  let drawn = 0;
  for (let i = 0; i < x.length; i++) {
    const value = isLog ? Math.log10(y[i]!) : y[i]!;
    if (!Number.isFinite(value)) {
      isDown = false;
      continue;
    }
    const px = (x[i]! - xMin) * xScale;
    const py = (high - value) * yScale;
    if (isDown) ctx.lineTo(px, py);
    else ctx.moveTo(px, py);
    isDown = true;
    drawn++;
  }
  ctx.stroke();
  // Few points are shown as points too; one alone would not be seen otherwise.
  if (drawn > FEW_POINTS) return;
  for (let i = 0; i < x.length; i++) {
    const value = isLog ? Math.log10(y[i]!) : y[i]!;
    if (!Number.isFinite(value)) continue;
    ctx.beginPath();
    ctx.arc((x[i]! - xMin) * xScale, (high - value) * yScale, width * 1.4, 0, 7);
    ctx.fill();
  }
}
