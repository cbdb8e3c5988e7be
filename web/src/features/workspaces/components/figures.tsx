import { Link } from "@tanstack/react-router";

/** A few figures in a row, each a way to what it counts. */
export function Figures({
  figures,
}: {
  figures: [name: string, value: string, to: string | null][];
}) {
  return (
    <dl className="figures numbers">
      {figures.map(([name, value, to]) => (
        <div key={name}>
          <dt>{to ? <Link to={to}>{name}</Link> : name}</dt>
          <dd>{value || <span className="quiet">–</span>}</dd>
        </div>
      ))}
    </dl>
  );
}
