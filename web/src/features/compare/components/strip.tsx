import { useEffect, useRef, useState } from "react";
import { IconButton } from "@/components/ui/buttons";
import { hoveredRun, useShared } from "@/lib/store";
import { moved } from "../order";

const MOST = 60;

/** The compared runs: drag, or Alt and an arrow, to order them; the cross, or Delete, drops one. */
export function Strip({
  runs,
  colors,
  kept,
  onChange,
}: {
  runs: [id: string, name: string][];
  colors: ReadonlyMap<string, string>;
  /** The runs inside every brush; the others are faint. */
  kept: ReadonlySet<string> | undefined;
  onChange: (ids: string[]) => void;
}) {
  const hovered = useShared(hoveredRun);
  const ids = runs.map(([id]) => id);
  const list = useRef<HTMLUListElement>(null);
  const [carried, setCarried] = useState<string | null>(null);
  const order = ids.join();
  // The element that was moved has lost the focus on its way.
  useEffect(() => {
    if (!carried || !order) return;
    list.current?.querySelector<HTMLElement>(`[data-run="${carried}"]`)?.focus();
  }, [carried, order]);
  const onKeyDown = (event: React.KeyboardEvent, id: string) => {
    const place = ids.indexOf(id);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.altKey && step && place + step >= 0 && place + step < ids.length) {
      setCarried(id);
      onChange(moved(ids, id, place + step));
    } else if (event.key === "Delete") {
      setCarried(ids[place + 1] ?? ids[place - 1] ?? null);
      onChange(ids.filter((other) => other !== id));
    } else return;
    event.preventDefault();
  };
  return (
    <ul
      ref={list}
      className="strip"
      style={{ margin: 0, listStyle: "none" }}
      aria-label="Compared runs"
      tabIndex={0}
    >
      {runs.slice(0, MOST).map(([id, name], place) => (
        <li
          key={id}
          className={`chip${kept && !kept.has(id) ? " outside" : ""}`}
          draggable
          style={hovered === id ? { background: "var(--accent-ground)" } : undefined}
          onMouseEnter={() => hoveredRun.set(id)}
          onMouseLeave={() => hoveredRun.set(null)}
          onDragStart={(event) => event.dataTransfer.setData("text/run", id)}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            const dropped = event.dataTransfer.getData("text/run");
            if (ids.includes(dropped) && dropped !== id) onChange(moved(ids, dropped, place));
          }}
        >
          <span className="dot" style={{ background: colors.get(id) }} />
          <button
            type="button"
            className="plain truncate"
            data-run={id}
            aria-keyshortcuts="Alt+ArrowLeft Alt+ArrowRight Delete"
            title={`${name}: drag, or Alt and an arrow, to move it; Delete drops it`}
            onKeyDown={(event) => onKeyDown(event, id)}
          >
            {name}
          </button>
          <IconButton
            icon="cross"
            label={`Drop ${name}`}
            onClick={() => onChange(ids.filter((other) => other !== id))}
          />
        </li>
      ))}
      {runs.length > MOST && <li className="quiet">and {runs.length - MOST} more</li>}
    </ul>
  );
}
