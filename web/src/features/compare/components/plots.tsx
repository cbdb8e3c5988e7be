import { useMemo, useState } from "react";
import { Boxes } from "@/components/charts/boxes";
import { contourGround } from "@/components/charts/contour-ground";
import { type Brushes, Parallel, type PlotRun } from "@/components/charts/parallel";
import { Scatter } from "@/components/charts/scatter";
import { EmptyState } from "@/components/ui/states";
import { type Axis, axisOf } from "@/lib/axes";
import { scaleColor } from "@/lib/colors";
import { columnRef, columnTitle, type RunTable } from "@/lib/run-columns";
import type { CompareTab, CompareView } from "../view";
import { Explained } from "./explained";

export interface PlotsProps {
  tab: CompareTab;
  table: RunTable;
  view: CompareView;
  /** Columns that vary: params first, then metrics, the telling ones first in each. */
  params: string[];
  metrics: string[];
  colors: ReadonlyMap<string, string>;
  /** The runs inside every brush. */
  kept: ReadonlySet<string>;
  brushes: Brushes;
  onBrush: (brushes: Brushes) => void;
  onView: (change: Partial<CompareView>) => void;
  onOpen: (runId: string) => void;
}

const MOST_AXES = 6;

/** The ways to look at many runs at once. What is brushed in one is brushed in all. */
export function Plots(props: PlotsProps) {
  const { tab, table, kept, view, params, metrics, colors, brushes } = props;
  const [height] = useState(() => Math.max(320, Math.min(620, innerHeight - 260)));
  const main = metrics[0];
  const axisIds = view.axes ?? [...params.slice(0, MOST_AXES), ...(main ? [main] : [])];
  const axisKey = JSON.stringify(axisIds);
  const axes = useMemo(
    () =>
      (JSON.parse(axisKey) as string[])
        .map((id) => axisOf(table, id))
        .filter((axis): axis is Axis => axis !== null),
    [axisKey, table],
  );
  const [x, y, z] = useMemo(
    () => chosen(table, tab, view, params, metrics),
    [table, tab, view, params, metrics],
  );
  const planes = useMemo(
    () => [x, y, z].map((id) => (id ? axisOf(table, id) : null)),
    [table, x, y, z],
  );
  const [xAxis, yAxis, zAxis] = planes;
  const colorAxis = tab === "parallel" ? axes.at(-1) : tab === "contour" ? zAxis : null;
  const runs = useMemo(
    () =>
      table.runIds.map((id, row): PlotRun => {
        const place = colorAxis?.places[row];
        return {
          id,
          row,
          name: table.text("attributes.run_name", row) || id.slice(0, 8),
          color:
            place === undefined || Number.isNaN(place)
              ? (colors.get(id) ?? "#888")
              : scaleColor(place),
        };
      }),
    [table, colors, colorAxis],
  );
  const ground = useMemo(() => {
    if (tab !== "contour" || !xAxis || !yAxis || !zAxis) return undefined;
    const rows = table.runIds
      .map((_, row) => row)
      .filter((row) => !Number.isNaN(xAxis.places[row]! + yAxis.places[row]! + zAxis.places[row]!));
    const of = (axis: Axis) => rows.map((row) => axis.places[row]!);
    return contourGround(of(xAxis), of(yAxis), of(zAxis)) ?? undefined;
  }, [tab, table, xAxis, yAxis, zAxis]);

  const setBrush = (changes: [string, [number, number] | null][]) => {
    const next = new Map(brushes);
    for (const [id, range] of changes) {
      if (range) next.set(id, [rounded(range[0]), rounded(range[1])]);
      else next.delete(id);
    }
    props.onBrush(next);
  };
  const options = [...params, ...metrics];
  if (options.length === 0) {
    return <EmptyState title="These runs have no params and metrics that differ" />;
  }
  if (tab === "parallel") {
    return (
      <>
        <AxisChooser
          options={options}
          chosen={axisIds}
          onChange={(ids) => props.onView({ axes: ids })}
        />
        {axes.length < 2 ? (
          <EmptyState title="Choose two axes or more" />
        ) : (
          <Parallel
            axes={axes}
            runs={runs}
            kept={kept}
            brushes={brushes}
            height={height}
            onBrush={(id, range) => setBrush([[id, range]])}
            onMove={(id, before) => {
              if (id === before || !axisIds.includes(id)) return;
              const without = axisIds.filter((other) => other !== id);
              const place = axisIds.indexOf(id) < axisIds.indexOf(before) ? 1 : 0;
              props.onView({ axes: without.toSpliced(without.indexOf(before) + place, 0, id) });
            }}
          />
        )}
        {main && <Explained table={table} params={params} metrics={metrics} kept={kept} />}
      </>
    );
  }
  const select = (
    label: string,
    value: string | undefined,
    key: "x" | "y" | "z",
    ids: string[],
  ) => (
    <ColumnSelect
      label={label}
      value={value}
      ids={ids}
      onChange={(id) => props.onView({ [key]: id })}
    />
  );
  return (
    <>
      <div className="row wrap" style={{ padding: "4px 12px" }}>
        {select(tab === "box" ? "Groups" : "X", x, "x", options)}
        {select("Y", y, "y", options)}
        {tab === "contour" && select("Colour (Z)", z, "z", options)}
      </div>
      {!xAxis || !yAxis || (tab === "contour" && !zAxis) ? (
        <EmptyState title="Choose a column for each axis" />
      ) : tab === "box" ? (
        <Boxes
          groupAxis={xAxis}
          yAxis={yAxis}
          runs={runs}
          kept={kept}
          height={height}
          onBrush={(range) => setBrush([[yAxis.id, range]])}
        />
      ) : (
        <Scatter
          xAxis={xAxis}
          yAxis={yAxis}
          runs={runs}
          kept={kept}
          height={height}
          ground={ground}
          onOpen={props.onOpen}
          onBrush={(xRange, yRange) =>
            setBrush([
              [xAxis.id, xRange],
              [yAxis.id, yRange],
            ])
          }
        />
      )}
    </>
  );
}

/** Brushes stand in the address: finer than a pixel is of no use there. */
const rounded = (place: number) => Math.round(place * 1e4) / 1e4;

/** What the axes show unless somebody chose: the param that tells most, against the main metric. */
function chosen(
  table: RunTable,
  tab: CompareTab,
  view: CompareView,
  params: string[],
  metrics: string[],
) {
  const all = [...params, ...metrics];
  const [main] = metrics;
  if (tab !== "contour") {
    return [view.x ?? params[0] ?? metrics[1], view.y ?? main ?? all[1], undefined];
  }
  const [x, y] = bestPair(table, params.length > 1 ? params : all);
  return [view.x ?? x, view.y ?? y, view.z ?? main];
}

/** The two columns, early in the list, that most runs have both of. */
function bestPair(table: RunTable, ids: string[]): [string | undefined, string | undefined] {
  let best: [string | undefined, string | undefined] = [ids[0], ids[1]];
  let most = 0;
  const few = ids.slice(0, 8);
  const numeric = few.filter((id) => table.column(id)?.numbers());
  for (const [i, one] of numeric.entries()) {
    for (const other of numeric.slice(i + 1)) {
      const count = table.runIds.filter(
        (_, row) => !Number.isNaN(table.number(one, row) + table.number(other, row)),
      ).length;
      if (count > most) {
        most = count;
        best = [one, other];
      }
    }
  }
  return best;
}

function ColumnSelect({
  label,
  value,
  ids,
  onChange,
}: {
  label: string;
  value: string | undefined;
  ids: string[];
  onChange: (id: string) => void;
}) {
  return (
    <label className="row">
      {label}
      <select
        className="field"
        aria-label={label}
        style={{ maxWidth: 260 }}
        value={value ?? ""}
        onChange={(event) => onChange(event.target.value)}
      >
        {value === undefined && <option value="">choose</option>}
        {ids.map((id) => (
          <option key={id} value={id}>
            {columnTitle(columnRef(id)!)} ({columnRef(id)!.kind})
          </option>
        ))}
      </select>
    </label>
  );
}

function AxisChooser({
  options,
  chosen: ids,
  onChange,
}: {
  options: string[];
  chosen: string[];
  onChange: (ids: string[]) => void;
}) {
  return (
    <fieldset className="row wrap" style={{ border: 0, padding: "4px 12px", margin: 0 }}>
      <legend className="visually-hidden">Axes</legend>
      {options.slice(0, 40).map((id) => (
        <label key={id} className="chip" style={{ cursor: "pointer" }}>
          <input
            type="checkbox"
            checked={ids.includes(id)}
            onChange={(event) =>
              onChange(event.target.checked ? [...ids, id] : ids.filter((other) => other !== id))
            }
          />
          <span className="truncate" style={{ paddingRight: 6 }}>
            {columnTitle(columnRef(id)!)}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
