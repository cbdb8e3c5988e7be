import { Popover } from "@mantine/core";
import { useState } from "react";
import { Icon } from "@/components/ui/icon";
import { Tick } from "@/components/ui/tick";
import { columnId, columnRef, columnTitle, type Kind } from "@/lib/run-columns";
import type { Keys } from "../api/run-keys";
import { NAME } from "../default-columns";

const MOST_SHOWN = 200;
const ATTRIBUTES = [
  "start_time", "duration", "end_time", "status", "user_id", "run_id", "experiment_id",
  "artifact_uri",
]; // biome-ignore format: a table
const GROUPS: [Kind, string][] = [
  ["attribute", "Attributes"],
  ["metric", "Metrics"],
  ["param", "Params"],
  ["tag", "Tags"],
];

/** Which columns the table has: all keys there are, to be found by typing. */
export function ColumnChooser({
  keys,
  columns,
  onChange,
}: {
  keys: Keys | undefined;
  columns: string[];
  onChange: (columns: string[] | undefined) => void;
}) {
  const [text, setText] = useState("");
  const chosen = new Set(columns);
  const names: Record<Kind, string[]> = {
    attribute: ATTRIBUTES,
    metric: keys?.metrics.map(({ key }) => key) ?? [],
    param: keys?.params.map(({ key }) => key) ?? [],
    tag: keys?.tags.map(({ key }) => key) ?? [],
  };
  const fits = (key: string) => key.toLowerCase().includes(text.toLowerCase());
  const toggle = (id: string, checked: boolean) =>
    onChange(checked ? [...columns, id] : columns.filter((other) => other !== id));
  const toggleAll = (ids: string[], checked: boolean) => {
    const without = columns.filter((id) => !ids.includes(id));
    onChange(checked ? [...without, ...ids] : without);
  };
  return (
    <Popover position="bottom-end" transitionProps={{ duration: 0 }} trapFocus returnFocus>
      <Popover.Target>
        <button type="button" className="button">
          <Icon name="columns" /> Columns
        </button>
      </Popover.Target>
      <Popover.Dropdown style={{ width: 320, maxHeight: 460, overflowY: "auto", padding: 8 }}>
        <div className="row">
          <input
            className="field grow"
            aria-label="Find a column"
            placeholder="Find a column"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <button type="button" className="button" onClick={() => onChange(undefined)}>
            What differs
          </button>
        </div>
        {GROUPS.map(([kind, title]) => {
          const fitting = names[kind].filter(fits);
          const ids = fitting.map((key) => columnId({ kind, key, statistic: "latest" }));
          if (!ids.length) return null;
          const there = ids.filter((id) => chosen.has(id)).length;
          return (
            <fieldset key={kind} style={{ border: 0, padding: 0, margin: "10px 0 0" }}>
              <legend className="row" style={{ fontWeight: 600, padding: 0 }}>
                <Tick
                  label={`All ${title.toLowerCase()}`}
                  checked={there === ids.length}
                  some={there > 0}
                  onChange={(checked) => toggleAll(ids.slice(0, MOST_SHOWN), checked)}
                />
                {title} <span className="quiet">{fitting.length}</span>
              </legend>
              {ids.slice(0, MOST_SHOWN).map((id) => (
                <label key={id} className="row" style={{ padding: "1px 0", cursor: "pointer" }}>
                  <Tick
                    label={id}
                    checked={chosen.has(id)}
                    onChange={(checked) => toggle(id, checked)}
                  />
                  <span className="truncate">{columnTitle(columnRef(id)!)}</span>
                </label>
              ))}
              {ids.length > MOST_SHOWN && (
                <span className="quiet">and {ids.length - MOST_SHOWN} more: type to find them</span>
              )}
            </fieldset>
          );
        })}
        {!columns.includes(NAME) && <span className="quiet">The name is always there.</span>}
      </Popover.Dropdown>
    </Popover>
  );
}
