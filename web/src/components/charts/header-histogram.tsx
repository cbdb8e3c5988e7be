import { useMemo, useRef, useState } from "react";
import { showNumber } from "@/lib/format";
import { histogram, summarize } from "@/lib/statistics";

const BINS = 24;

/** Where the numbers of a column lie; drag over a part to keep only that. */
export function HeaderHistogram({
  values,
  label,
  onBrush,
}: {
  values: Float64Array;
  label: string;
  onBrush?: (low: number, high: number) => void;
}) {
  const { min, max, path } = useMemo(() => {
    const { min, max } = summarize(values);
    if (!(max > min)) return { min, max, path: "" };
    const counts = histogram(values, min, max, BINS);
    const most = Math.max(...counts);
    const bars = counts.map((count, bin) => {
      const height = count ? Math.max(1, (count / most) * 15) : 0;
      return height ? `M${bin * 4} 16v-${height.toFixed(1)}h3.4v${height.toFixed(1)}z` : "";
    });
    return { min, max, path: bars.join("") };
  }, [values]);
  const box = useRef<SVGSVGElement>(null);
  const [brush, setBrush] = useState<[number, number] | null>(null);
  if (!path) return <span className="family">{Number.isFinite(min) ? showNumber(min) : ""}</span>;
  const partAt = (event: React.PointerEvent) => {
    const { left, width } = box.current!.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - left) / width, 0), 1);
  };
  const end = () => {
    if (brush && Math.abs(brush[1] - brush[0]) > 0.02) {
      const [low, high] = brush[0] < brush[1] ? brush : [brush[1], brush[0]];
      onBrush?.(min + low * (max - min), min + high * (max - min));
    }
    setBrush(null);
  };
  return (
    <>
      <svg
        ref={box}
        className="bars"
        viewBox={`0 0 ${BINS * 4} 16`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: from ${showNumber(min)} to ${showNumber(max)}`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setBrush([partAt(event), partAt(event)]);
        }}
        onPointerMove={(event) => brush && setBrush([brush[0], partAt(event)])}
        onPointerUp={end}
      >
        {brush && (
          <rect
            x={Math.min(...brush) * BINS * 4}
            width={Math.abs(brush[1] - brush[0]) * BINS * 4}
            height={16}
            fill="var(--accent)"
            opacity={0.25}
          />
        )}
        <path d={path} fill="var(--quiet)" opacity={0.6} />
      </svg>
      <span className="family numbers row" style={{ justifyContent: "space-between" }}>
        <span>{showNumber(min)}</span>
        <span>{showNumber(max)}</span>
      </span>
    </>
  );
}
