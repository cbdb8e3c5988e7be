import { CopyButton } from "@/components/ui/buttons";
import { EmptyState } from "@/components/ui/states";
import { type DatasetInput, type Run, tagOf } from "@/lib/mlflow";

/** The datasets that went in. */
export function DataTab({ run }: { run: Run }) {
  const inputs = run.inputs?.dataset_inputs ?? [];
  if (!inputs.length) {
    return (
      <EmptyState title="It logged no dataset">
        <p className="quiet">mlflow.log_input(dataset, context="training") puts one here.</p>
      </EmptyState>
    );
  }
  return (
    <div className="content stack">
      {inputs.map((input) => (
        <Dataset key={`${input.dataset.name} ${input.dataset.digest}`} input={input} />
      ))}
    </div>
  );
}

interface ColumnSpec {
  name?: string;
  type?: string;
  required?: boolean;
}

function Dataset({ input }: { input: DatasetInput }) {
  const { dataset } = input;
  const context = tagOf(input.tags, "mlflow.data.context");
  const columns = schemaColumns(dataset.schema);
  return (
    <section className="panel" aria-label={dataset.name}>
      <h2>
        {dataset.name} {context && <span className="badge">{context}</span>}
      </h2>
      <table className="list">
        <tbody>
          <Fact name="Digest" value={dataset.digest} />
          <Fact name="Source" value={`${dataset.source_type}: ${dataset.source}`} />
          {dataset.profile && <Fact name="Profile" value={dataset.profile} />}
        </tbody>
      </table>
      {columns.length > 0 && (
        <table className="list" aria-label={`Columns of ${dataset.name}`}>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Type</th>
            </tr>
          </thead>
          <tbody>
            {columns.map((column, i) => (
              <tr key={column.name ?? i}>
                <td>{column.name ?? i}</td>
                <td>
                  {column.type}
                  {column.required === false && <span className="quiet"> optional</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <tr>
      <th scope="row" style={{ position: "static", width: 90 }}>
        {name}
      </th>
      <td className="mono">{value}</td>
      <td style={{ width: 1 }}>
        <CopyButton text={value} label={`Copy ${name.toLowerCase()}`} />
      </td>
    </tr>
  );
}

function schemaColumns(schema: string | undefined): ColumnSpec[] {
  try {
    const found = JSON.parse(schema ?? "null") as { mlflow_colspec?: ColumnSpec[] } | null;
    return found?.mlflow_colspec ?? [];
  } catch {
    return [];
  }
}
