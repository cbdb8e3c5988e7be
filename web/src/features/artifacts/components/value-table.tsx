/** Rows of texts, the first so many. */
export function ValueTable({
  head,
  rows,
  most,
}: {
  head: string[];
  rows: string[][];
  most: number;
}) {
  return (
    <div
      style={{ overflow: "auto", maxHeight: "70vh" }}
      tabIndex={0}
      role="region"
      aria-label="Rows"
    >
      <table className="list numbers">
        <thead>
          <tr>
            {head.map((name, i) => (
              <th key={i} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {row.map((value, column) => (
                <td key={column}>{value}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length >= most && <p className="quiet">The first {most} rows.</p>}
    </div>
  );
}
