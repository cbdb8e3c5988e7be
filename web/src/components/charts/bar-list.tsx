import type { Direction } from "@/lib/directions";
import { showNumber } from "@/lib/format";
import { summarize } from "@/lib/statistics";
import { hoveredRun, useShared } from "@/lib/store";

export interface Bar {
  id: string;
  label: string;
  color: string;
  value: number;
}

const MOST = 100;
/** Bars begin at 0 unless all values are close to each other; then they begin a little below. */
const CLOSE = 0.25;

/** One value for each run, the best first: what a line of one point would say. */
export function BarList({
  bars,
  label,
  better = "max",
}: {
  bars: Bar[];
  label: string;
  better?: Direction;
}) {
  const hovered = useShared(hoveredRun);
  const { min, max } = summarize(bars.map(({ value }) => value));
  const isClose = min > 0 && (max - min) / max < CLOSE && max > min;
  const start = isClose ? min - (max - min) * 0.25 : Math.min(0, min);
  const span = Math.max(max, 0) - start || 1;
  const sign = better === "min" ? 1 : -1;
  const sorted = [...bars].sort((one, other) => sign * (one.value - other.value));
  return (
    <div className="bars-list" role="list" aria-label={label} tabIndex={0}>
      {sorted.slice(0, MOST).map(({ id, label: name, color, value }) => (
        <div
          key={id}
          className="bar-line"
          role="listitem"
          onMouseEnter={() => hoveredRun.set(id)}
          onMouseLeave={() => hoveredRun.set(null)}
        >
          <span className="truncate" title={name}>
            {name}
          </span>
          <span
            className="value-bar"
            style={{
              width: `${Number.isFinite(value) ? ((value - start) / span) * 100 : 0}%`,
              background: color,
              opacity: hovered === null || hovered === id ? 1 : 0.35,
            }}
          />
          <span className="numbers" title={String(value)}>
            {showNumber(value)}
          </span>
        </div>
      ))}
      {isClose && <span className="quiet">bars begin at {showNumber(start)}</span>}
      {bars.length > MOST && <span className="quiet">the first {MOST}</span>}
    </div>
  );
}
