import { IconButton } from "@/components/ui/buttons";
import { hoveredRun, useShared } from "@/lib/store";

const MOST = 60;

/** The compared runs: drag to order them, click the cross to drop one. */
export function Strip({
  runs,
  colors,
  onChange,
}: {
  runs: [id: string, name: string][];
  colors: ReadonlyMap<string, string>;
  onChange: (ids: string[]) => void;
}) {
  const hovered = useShared(hoveredRun);
  const ids = runs.map(([id]) => id);
  return (
    <ul
      className="strip"
      style={{ margin: 0, listStyle: "none" }}
      aria-label="Compared runs"
      tabIndex={0}
    >
      {runs.slice(0, MOST).map(([id, name]) => (
        <li
          key={id}
          className="chip"
          draggable
          style={hovered === id ? { background: "var(--accent-ground)" } : undefined}
          onMouseEnter={() => hoveredRun.set(id)}
          onMouseLeave={() => hoveredRun.set(null)}
          onDragStart={(event) => event.dataTransfer.setData("text/run", id)}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            const moved = event.dataTransfer.getData("text/run");
            if (!ids.includes(moved) || moved === id) return;
            const without = ids.filter((other) => other !== moved);
            onChange(without.toSpliced(without.indexOf(id), 0, moved));
          }}
        >
          <span className="dot" style={{ background: colors.get(id) }} />
          <span className="truncate">{name}</span>
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
