import { contours } from "d3-contour";
import { scaleColor } from "@/lib/colors";
import { surface } from "@/lib/surface";
import type { PlaneFrame } from "./plane";

const SIZE = 48;
const LEVELS = 12;

/** What paints levels of z over the plane; null where there is nothing to go by. */
export function contourGround(x: number[], y: number[], z: number[]) {
  const min = Math.min(...z);
  const max = Math.max(...z);
  if (z.length < 3 || !(max > min)) return null;
  const levels = Array.from({ length: LEVELS }, (_, i) => min + ((max - min) * i) / LEVELS);
  const shapes = contours().size([SIZE, SIZE]).thresholds(levels)(
    Array.from(surface(x, y, z, SIZE)),
  );
  return (context: CanvasRenderingContext2D, frame: PlaneFrame) => {
    const toX = (column: number) => frame.x(column / SIZE);
    const toY = (row: number) => frame.y(row / SIZE);
    shapes.forEach((shape, level) => {
      context.globalAlpha = 0.75;
      context.fillStyle = scaleColor(level / (LEVELS - 1));
      context.beginPath();
      for (const polygon of shape.coordinates) {
        for (const ring of polygon) {
          ring.forEach(([column, row], i) => {
            if (i) context.lineTo(toX(column!), toY(row!));
            else context.moveTo(toX(column!), toY(row!));
          });
          context.closePath();
        }
      }
      context.fill("evenodd");
    });
    context.globalAlpha = 1;
  };
}
