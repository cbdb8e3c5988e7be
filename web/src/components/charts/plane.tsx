import { type ReactNode, useCallback, useState } from "react";
import type { Axis } from "@/lib/axes";
import { useWidth } from "@/lib/measured";
import { Canvas } from "./canvas";

const LEFT = 68;
const BOTTOM = 40;
const TOP = 10;
const RIGHT = 14;

export interface PlaneFrame {
  x: (place: number) => number;
  y: (place: number) => number;
  width: number;
  height: number;
}

/** Two axes and what is drawn between them. Drag over a part to keep what is in it. */
export function Plane({
  xAxis,
  yAxis,
  height,
  label,
  draw,
  onPoint,
  onBrush,
  onClick,
  children,
}: {
  xAxis: Axis;
  yAxis: Axis;
  height: number;
  label: string;
  draw: (context: CanvasRenderingContext2D, frame: PlaneFrame) => void;
  /** The pointer is at a place, in pixels of the frame; null when it left. */
  onPoint?: (at: { x: number; y: number; frame: PlaneFrame } | null) => void;
  onBrush?: (x: [number, number], y: [number, number]) => void;
  onClick?: () => void;
  children?: ReactNode;
}) {
  const [box, width] = useWidth<HTMLDivElement>();
  const [drag, setDrag] = useState<[number, number, number, number] | null>(null);
  const inner = { width: Math.max(width - LEFT - RIGHT, 10), height: height - TOP - BOTTOM };
  // A margin, so that what is at the ends is not cut.
  const x = useCallback(
    (place: number) => LEFT + 8 + place * (Math.max(width - LEFT - RIGHT, 10) - 16),
    [width],
  );
  const y = useCallback(
    (place: number) => TOP + 8 + (1 - place) * (height - TOP - BOTTOM - 16),
    [height],
  );
  const paint = useCallback(
    (context: CanvasRenderingContext2D) => draw(context, { x, y, width, height }),
    [draw, x, y, width, height],
  );
  const at = (event: React.PointerEvent) => {
    const { left, top } = box.current!.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top] as const;
  };
  const end = () => {
    if (!drag) return;
    const [x0, y0, x1, y1] = drag;
    if (Math.abs(x1 - x0) < 5 && Math.abs(y1 - y0) < 5) onClick?.();
    else if (onBrush) {
      const placeX = (px: number) => (px - LEFT - 8) / (inner.width - 16);
      const placeY = (py: number) => 1 - (py - TOP - 8) / (inner.height - 16);
      onBrush(
        [placeX(Math.min(x0, x1)), placeX(Math.max(x0, x1))],
        [placeY(Math.max(y0, y1)), placeY(Math.min(y0, y1))],
      );
    }
    setDrag(null);
  };
  return (
    <div
      ref={box}
      style={{ position: "relative", height, touchAction: "none" }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([...at(event), ...at(event)]);
      }}
      onPointerMove={(event) => {
        const [px, py] = at(event);
        if (drag) setDrag([drag[0], drag[1], px, py]);
        else onPoint?.({ x: px, y: py, frame: { x, y, width, height } });
      }}
      onPointerUp={end}
      onPointerLeave={() => onPoint?.(null)}
    >
      {width > 0 && (
        <>
          <svg width={width} height={height} style={{ position: "absolute" }} aria-hidden>
            <rect x={LEFT} y={TOP} {...inner} fill="none" stroke="var(--line)" />
            {xAxis.ticks.map(({ place, label: text }) => (
              <g key={`x${text}`} transform={`translate(${x(place)} ${TOP + inner.height})`}>
                <line y2={-inner.height} stroke="var(--line)" strokeWidth={0.5} />
                <text y={14} textAnchor="middle" fontSize={11} fill="var(--quiet)">
                  {shortened(text)}
                </text>
              </g>
            ))}
            {yAxis.ticks.map(({ place, label: text }) => (
              <g key={`y${text}`} transform={`translate(${LEFT} ${y(place)})`}>
                <line x2={inner.width} stroke="var(--line)" strokeWidth={0.5} />
                <text x={-5} y={4} textAnchor="end" fontSize={11} fill="var(--quiet)">
                  {shortened(text)}
                </text>
              </g>
            ))}
            <text
              x={LEFT + inner.width / 2}
              y={height - 8}
              textAnchor="middle"
              fontSize={12}
              fill="var(--ink)"
            >
              {xAxis.title}
              {xAxis.isLog ? " (log)" : ""}
            </text>
            <text
              transform={`translate(12 ${TOP + inner.height / 2}) rotate(-90)`}
              textAnchor="middle"
              fontSize={12}
              fill="var(--ink)"
            >
              {yAxis.title}
              {yAxis.isLog ? " (log)" : ""}
            </text>
          </svg>
          <div style={{ position: "absolute" }}>
            <Canvas width={width} height={height} draw={paint} label={label} />
          </div>
          {drag && (
            <div
              style={{
                position: "absolute",
                pointerEvents: "none",
                left: Math.min(drag[0], drag[2]),
                top: Math.min(drag[1], drag[3]),
                width: Math.abs(drag[2] - drag[0]),
                height: Math.abs(drag[3] - drag[1]),
                background: "var(--accent)",
                opacity: 0.15,
              }}
            />
          )}
          {children}
        </>
      )}
    </div>
  );
}

function shortened(text: string): string {
  return text.length > 11 ? `${text.slice(0, 10)}…` : text;
}
