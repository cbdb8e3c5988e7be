import { Markdown } from "@/components/ui/markdown";

interface Output {
  output_type: string;
  text?: string | string[];
  data?: Record<string, string | string[]>;
  ename?: string;
  evalue?: string;
}

interface Cell {
  cell_type: string;
  source: string | string[];
  outputs?: Output[];
  execution_count?: number | null;
}

const joined = (text: string | string[] | undefined) =>
  Array.isArray(text) ? text.join("") : (text ?? "");

/** A Jupyter notebook: its text, code and what came out. */
export function Notebook({ text }: { text: string }) {
  let cells: Cell[];
  try {
    cells = (JSON.parse(text) as { cells?: Cell[] }).cells ?? [];
  } catch {
    return <pre>{text}</pre>;
  }
  return (
    <div className="stack">
      {cells.map((cell, i) =>
        cell.cell_type === "markdown" ? (
          <Markdown key={i} text={joined(cell.source)} />
        ) : (
          <div key={i}>
            <div className="code" style={{ margin: 0 }} tabIndex={0} role="group" aria-label="Code">
              <pre>{joined(cell.source)}</pre>
            </div>
            {cell.outputs?.map((output, place) => (
              <CellOutput key={place} output={output} />
            ))}
          </div>
        ),
      )}
    </div>
  );
}

function CellOutput({ output }: { output: Output }) {
  const image = ["image/png", "image/jpeg"].find((type) => output.data?.[type]);
  if (image) {
    const content = joined(output.data![image]).replaceAll(/\s/g, "");
    return <img src={`data:${image};base64,${content}`} alt="Output" />;
  }
  if (output.output_type === "error") {
    return (
      <pre className="bad">
        {output.ename}: {output.evalue}
      </pre>
    );
  }
  return (
    <pre style={{ whiteSpace: "pre-wrap" }}>
      {joined(output.text ?? output.data?.["text/plain"])}
    </pre>
  );
}
