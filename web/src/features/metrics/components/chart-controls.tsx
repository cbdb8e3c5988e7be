import { Choice, IconButton } from "@/components/ui/buttons";
import type { ChartsView } from "@/lib/chart-view";
import type { Axis } from "../api/draw-chart";
import type { ChartView } from "../use-chart";

/** How charts are drawn: over what, how smooth, on which scale. */
export function ChartControls({
  view,
  onChange,
}: {
  view: ChartView;
  onChange: (change: Partial<ChartsView>) => void;
}) {
  return (
    <div className="row wrap">
      <Choice<Axis>
        label="Over"
        value={view.axis}
        options={[
          ["step", "Step"],
          ["relative_time", "Relative", "Time since the run's start"],
          ["time", "Time"],
        ]}
        onChange={(axis) => onChange({ x: axis === "step" ? undefined : axis, range: undefined })}
      />
      <label className="row">
        Smooth
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          style={{ width: 90 }}
          aria-label="Smoothing"
          value={view.smooth}
          onChange={(event) => onChange({ smooth: Number(event.target.value) || undefined })}
        />
        <span className="numbers" style={{ width: 28 }}>
          {view.smooth || "off"}
        </span>
      </label>
      <button
        type="button"
        className="button"
        aria-pressed={view.isLog}
        onClick={() => onChange({ log: view.isLog ? undefined : true })}
      >
        Log
      </button>
      {view.range && (
        <span className="chip">
          zoomed
          <IconButton
            icon="cross"
            label="Show the whole range"
            onClick={() => onChange({ range: undefined })}
          />
        </span>
      )}
    </div>
  );
}
