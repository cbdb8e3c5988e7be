import { useEffect, useMemo, useRef } from "react";
import type { Direction } from "@/lib/directions";
import { showNumber } from "@/lib/format";
import { summarize } from "@/lib/statistics";
import { hoveredRun } from "@/lib/store";

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
  const box = useRef<HTMLDivElement>(null);
  const { min, max } = summarize(bars.map(({ value }) => value));
  const isClose = min > 0 && (max - min) / max < CLOSE && max > min;
  const start = isClose ? min - (max - min) * 0.25 : Math.min(0, min);
  const span = Math.max(max, 0) - start || 1;
  const shown = useMemo(() => {
    const sign = better === "min" ? 1 : -1;
    return [...bars].sort((one, other) => sign * (one.value - other.value)).slice(0, MOST);
  }, [bars, better]);
  useBringForward(box, shown);
  return (
    <div ref={box} className="bars-list" role="list" aria-label={label} tabIndex={0}>
      {shown.map(({ id, label: name, color, value }) => (
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

/** The bar of the run that the pointer is on comes forward, without drawing the others anew. */
function useBringForward(box: React.RefObject<HTMLElement | null>, shown: Bar[]): void {
  useEffect(() => {
    const list = box.current!;
    let forward: Element | undefined;
    const look = () => {
      forward?.classList.remove("hovered");
      forward = list.children[shown.findIndex(({ id }) => id === hoveredRun.get())];
      forward?.classList.add("hovered");
      list.classList.toggle("pale", forward !== undefined);
    };
    look();
    return hoveredRun.subscribe(look);
  }, [box, shown]);
}
