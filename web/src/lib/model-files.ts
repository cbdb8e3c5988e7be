/** What an MLmodel file says, as far as the studio shows it. */

export interface SignatureColumn {
  name: string;
  type: string;
  isRequired: boolean;
}

export interface ModelFile {
  flavors: string[];
  inputs: SignatureColumn[];
  outputs: SignatureColumn[];
  params: { name: string; type: string; default: string }[];
  mlflowVersion: string | null;
  createdUtc: string | null;
  inputExample: string | null;
}

/** MLmodel is YAML that PyYAML wrote: of that only the keys and quoted texts that are read here. */
export function parseModelFile(text: string): ModelFile {
  const flavorBlock = /^flavors:\n((?:[ \t]+.*\n?)*)/m.exec(text)?.[1] ?? "";
  const signature = /^signature:\n((?:(?:[ \t]+.*)?\n?)*)/m.exec(text)?.[1] ?? "";
  return {
    flavors: Array.from(flavorBlock.matchAll(/^ {2}([\w.]+):/gm), (found) => found[1]!),
    inputs: columns(scalar(signature, "inputs")),
    outputs: columns(scalar(signature, "outputs")),
    params: params(scalar(signature, "params")),
    mlflowVersion: scalar(text, "mlflow_version"),
    createdUtc: scalar(text, "utc_time_created"),
    inputExample: scalar(text, "serving_input_path"),
  };
}

/** The text of a key; in quotes it may go over several lines, which a blank then joins. */
export function scalar(yaml: string, key: string): string | null {
  const start = new RegExp(`^[ \\t]*${key}:[ \\t]*`, "m").exec(yaml);
  if (!start) return null;
  const rest = yaml.slice(start.index + start[0].length);
  if (rest.startsWith("'")) {
    const quoted = /^'((?:[^']|'')*)'/.exec(rest);
    return quoted ? folded(quoted[1]!).replaceAll("''", "'") : null;
  }
  if (rest.startsWith('"')) {
    const quoted = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(rest);
    if (!quoted) return null;
    // PyYAML breaks a line with a backslash; the blanks that begin the next do not count.
    const joined = folded(quoted[1]!.replaceAll(/\\\n[ \t]*\\?/g, ""));
    try {
      return JSON.parse(`"${joined}"`) as string;
    } catch {
      return joined;
    }
  }
  const plain = /^[^\n#]*/.exec(rest)![0].trim();
  return plain === "null" || plain === "" ? null : plain;
}

function folded(text: string): string {
  return text.replaceAll(/[ \t]*\n[ \t]*/g, " ");
}

function columns(text: string | null): SignatureColumn[] {
  const found = parsed(text);
  if (!Array.isArray(found)) return [];
  return found.map((column: Record<string, unknown>, i) => ({
    name: String(column.name ?? (found.length > 1 ? i : "")),
    type: typeName(column),
    isRequired: column.required !== false,
  }));
}

function typeName(column: Record<string, unknown>): string {
  const tensor = column["tensor-spec"] as { dtype?: string; shape?: number[] } | undefined;
  if (tensor) return `tensor of ${tensor.dtype}, shape (${tensor.shape?.join(", ")})`;
  if (column.type === "array") return `array of ${typeName((column.items as typeof column) ?? {})}`;
  return String(column.type ?? "");
}

function params(text: string | null): ModelFile["params"] {
  const found = parsed(text);
  if (!Array.isArray(found)) return [];
  return found.map((param: Record<string, unknown>) => ({
    name: String(param.name),
    type: String(param.type ?? param.dtype ?? ""),
    default: JSON.stringify(param.default),
  }));
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

const SAMPLES: Record<string, unknown> = {
  string: "text",
  boolean: true,
  integer: 1,
  long: 1,
  datetime: "2026-01-31T12:00:00",
};

/** Lines that predict with a model, for a person to paste. */
export function predictionCode(address: string, uri: string, model: ModelFile | null) {
  const inputs = model?.inputs ?? [];
  const named = inputs.filter(({ name }) => name);
  const row = Object.fromEntries(named.map(({ name, type }) => [name, SAMPLES[type] ?? 0.5]));
  const pythonRow = JSON.stringify(row, null, 1)
    .replaceAll(/\n\s*/g, " ")
    .replaceAll(": true", ": True");
  const pandasRow = named.length ? `[${pythonRow}]` : "[[0.5]]";
  const sparkColumns = named.map(({ name }) => JSON.stringify(name)).join(", ");
  return {
    pandas: `import mlflow
import pandas as pd

mlflow.set_tracking_uri("${address}")
model = mlflow.pyfunc.load_model("${uri}")

data = pd.DataFrame(${pandasRow})
print(model.predict(data))`,
    spark: `import mlflow
from pyspark.sql.functions import struct

mlflow.set_tracking_uri("${address}")
predict = mlflow.pyfunc.spark_udf(spark, model_uri="${uri}")

# df: a Spark DataFrame with the model's columns
df.withColumn("prediction", predict(struct(${sparkColumns || "*df.columns"}))).show()`,
    curl: `# in one terminal: serve the model
MLFLOW_TRACKING_URI=${address} mlflow models serve -m "${uri}" -p 5001

# in another: ask it
curl http://127.0.0.1:5001/invocations -H 'Content-Type: application/json' -d '${JSON.stringify(
      named.length ? { dataframe_records: [row] } : { inputs: [[0.5]] },
    )}'`,
  };
}
