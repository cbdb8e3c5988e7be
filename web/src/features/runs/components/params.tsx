import { useState } from "react";
import { CopyButton } from "@/components/ui/buttons";
import type { Tag } from "@/lib/mlflow";

/** What went in. */
export function Params({ params }: { params: Tag[] }) {
  const [find, setFind] = useState("");
  const shown = params.filter(
    ({ key, value }) =>
      key.toLowerCase().includes(find.toLowerCase()) ||
      value.toLowerCase().includes(find.toLowerCase()),
  );
  return (
    <section className="panel" aria-label="Params">
      <h2>
        Params <span className="quiet">{params.length}</span>
      </h2>
      {params.length > 15 && (
        <div style={{ padding: 8 }}>
          <input
            className="field"
            style={{ width: "100%" }}
            aria-label="Find a param"
            placeholder="Find a param"
            value={find}
            onChange={(event) => setFind(event.target.value)}
          />
        </div>
      )}
      {params.length === 0 ? (
        <p className="quiet content">It logged none.</p>
      ) : (
        <table className="list" aria-label="Params">
          <tbody>
            {shown.map(({ key, value }) => (
              <tr key={key}>
                <th scope="row" style={{ position: "static" }}>
                  {key}
                </th>
                <td className="mono">{value}</td>
                <td style={{ width: 1 }}>
                  <CopyButton text={value} label={`Copy ${key}`} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
