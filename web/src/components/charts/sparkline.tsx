import { sparkPath } from "@/lib/sparks";

const WIDTH = 84;
const HEIGHT = 16;

/** How a metric went, in the height of a line of text. */
export function Sparkline({
  x,
  y,
  color,
  label,
}: {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  color: string;
  label: string;
}) {
  return (
    <svg
      width={WIDTH}
      height={HEIGHT + 4}
      viewBox={`-1 -2 ${WIDTH + 2} ${HEIGHT + 4}`}
      role="img"
      aria-label={label}
    >
      <path d={sparkPath(x, y, WIDTH, HEIGHT)} fill="none" stroke={color} strokeWidth={1.3} />
    </svg>
  );
}
