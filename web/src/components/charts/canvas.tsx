import { useEffect, useRef } from "react";

/** A canvas in the pixels of the screen, drawn anew when what draws it changes. */
export function Canvas({
  width,
  height,
  draw,
  label,
}: {
  width: number;
  height: number;
  draw: (context: CanvasRenderingContext2D) => void;
  label: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const ratio = devicePixelRatio || 1;
    const element = canvas.current!;
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    const context = element.getContext("2d")!;
    context.scale(ratio, ratio);
    draw(context);
  }, [width, height, draw]);
  return <canvas ref={canvas} style={{ width, height }} role="img" aria-label={label} />;
}
