import { useEffect, useMemo, useRef, useState } from "react";
import { BarList } from "@/components/charts/bar-list";
import { LineChart, showX } from "@/components/charts/line-chart";
import { IconButton } from "@/components/ui/buttons";
import { csvField, saveFile } from "@/lib/csv";
import type { Direction } from "@/lib/directions";
import { counted, showNumber } from "@/lib/format";
import type { Series } from "../api/draw-chart";
import { type ChartView, linesOf, useChart } from "../use-chart";

export interface CardProps {
  metric: string;
  runIds: string[];
  running: Map<string, number>;
  colors: ReadonlyMap<string, string>;
  nameOf: (runId: string) => string;
  view: ChartView;
  /** Which way the metric is better: single values stand in that order. */
  better: Direction;
  onZoom: (range: [number, number] | null) => void;
  isPinned: boolean;
  onPin?: () => void;
  isWide: boolean;
  onWide: () => void;
}

/** One metric of many runs. It asks for its points when it comes into sight. */
export function MetricCard(props: CardProps) {
  const { metric, runIds, running, colors, nameOf, view, isWide } = props;
  const box = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(0);
  const isVisible = useSeen(box, setWidth);
  const query = useChart({ runIds, running, metric, view, width: rounded(width), isVisible });
  const series = query.data?.series;
  const lines = useMemo(
    () => linesOf(series ?? [], colors, (one) => nameOf(one.runId), view.smooth),
    [series, colors, nameOf, view.smooth],
  );
  const bars = useMemo(
    () => lines.map(({ id, label, color, y }) => ({ id, label, color, value: y[0]! })),
    [lines],
  );
  const points = series?.reduce((sum, one) => sum + one.points, 0) ?? 0;
  return (
    <section
      ref={box}
      className="card"
      aria-label={metric}
      style={isWide ? { gridColumn: "1 / -1" } : undefined}
    >
      <div className="head">
        <span className="truncate grow" title={metric}>
          {metric}
        </span>
        {props.onPin && (
          <IconButton
            icon="pin"
            label={props.isPinned ? `Unpin ${metric}` : `Pin ${metric} to the top`}
            pressed={props.isPinned}
            onClick={props.onPin}
          />
        )}
        {series && (
          <IconButton
            icon="download"
            label={`Download ${metric} as CSV`}
            onClick={() => saveSeries(metric, series, nameOf)}
          />
        )}
        <IconButton
          icon="expand"
          label={isWide ? `Make ${metric} small` : `Make ${metric} wide`}
          pressed={isWide}
          onClick={props.onWide}
        />
      </div>
      {query.error ? (
        <p className="bad content">{query.error.message}</p>
      ) : lines.length > 0 && lines.every((line) => line.x.length === 1) ? (
        <BarList
          bars={bars}
          label={`${metric}: ${counted(lines.length, "value")}`}
          better={props.better}
        />
      ) : (
        <LineChart
          lines={lines}
          axis={view.axis}
          isLog={view.isLog}
          height={isWide ? 380 : 200}
          range={view.range}
          onZoom={props.onZoom}
          label={`${metric}: ${counted(lines.length, "line")} of ${counted(points, "point")}`}
        />
      )}
      {isWide && series && <SeriesTable {...props} series={series} />}
    </section>
  );
}

/** Widths in steps, so that a border that is dragged is not a request for each pixel. */
function rounded(width: number): number {
  return Math.ceil(width / 200) * 200 * Math.min(devicePixelRatio || 1, 2);
}

function useSeen(
  box: React.RefObject<HTMLElement | null>,
  setWidth: (px: number) => void,
): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const element = box.current!;
    const sight = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { rootMargin: "200px" },
    );
    const size = new ResizeObserver(() => setWidth(element.clientWidth));
    sight.observe(element);
    size.observe(element);
    return () => {
      sight.disconnect();
      size.disconnect();
    };
  }, [box, setWidth]);
  return isSeen;
}

function SeriesTable({ series, colors, nameOf, view }: CardProps & { series: Series[] }) {
  return (
    <div
      className="scroll"
      style={{ maxHeight: 240 }}
      tabIndex={0}
      role="region"
      aria-label="Values"
    >
      <table className="list numbers">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col" className="right">
              Last
            </th>
            <th scope="col" className="right">
              Min
            </th>
            <th scope="col" className="right">
              Max
            </th>
            <th scope="col" className="right">
              At
            </th>
            <th scope="col" className="right">
              Points
            </th>
          </tr>
        </thead>
        <tbody>
          {series.map((one) => (
            <tr key={one.runId}>
              <td>
                <span className="dot" style={{ background: colors.get(one.runId) }} />{" "}
                {nameOf(one.runId)}
              </td>
              <td className="right" title={String(one.last)}>
                {showNumber(one.last)}
              </td>
              <td className="right" title={String(one.min)}>
                {showNumber(one.min)}
              </td>
              <td className="right" title={String(one.max)}>
                {showNumber(one.max)}
              </td>
              <td className="right">{showX(one.lastX, view.axis)}</td>
              <td className="right">{one.points}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function saveSeries(metric: string, series: Series[], nameOf: (runId: string) => string): void {
  const lines = ["run_id,run_name,x,value"];
  for (const one of series) {
    const head = `${one.runId},${csvField(nameOf(one.runId))}`;
    for (let i = 0; i < one.x.length; i++) lines.push(`${head},${one.x[i]},${one.y[i]}`);
  }
  saveFile(`${metric.replaceAll(/[^\w.-]+/g, "_")}.csv`, `${lines.join("\r\n")}\r\n`, "text/csv");
}
