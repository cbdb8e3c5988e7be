import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Choice, Code, CopyButton } from "@/components/ui/buttons";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { isGone, root } from "@/lib/http";
import { parseModelFile, predictionCode, type SignatureColumn } from "@/lib/model-files";
import { fileQuery } from "../api/read-file";
import type { Source } from "../sources";

type Language = "pandas" | "spark" | "curl";

/** A model: code to predict with it, its signature, what it requires. */
export function ModelCard({
  title,
  uri,
  source,
  folder,
}: {
  title: string;
  uri: string;
  source: Source;
  /** Where in the source the MLmodel file is. */
  folder: string;
}) {
  const [language, setLanguage] = useState<Language>("pandas");
  const at = (name: string) => (folder ? `${folder}/${name}` : name);
  const text = (buffer: ArrayBuffer) => new TextDecoder().decode(buffer);
  const description = useQuery({ ...fileQuery(source, at("MLmodel")), select: text });
  const requirements = useQuery({ ...fileQuery(source, at("requirements.txt")), select: text });
  if (description.isPending) return <SkeletonRows rows={6} />;
  if (isGone(description.error)) {
    return (
      <p className="quiet content">
        There is no MLmodel file at <span className="mono">{uri}</span>.
      </p>
    );
  }
  if (description.error) return <ErrorState error={description.error} />;
  const model = parseModelFile(description.data);
  const code = predictionCode(root.href.replace(/\/$/, ""), uri, model);
  return (
    <section className="panel" aria-label={title}>
      <h2 className="row">
        {title} <span className="mono quiet truncate">{uri}</span>
        <CopyButton text={uri} label="Copy the model's URI" />
        {model.flavors.map((flavor) => (
          <span key={flavor} className="badge">
            {flavor}
          </span>
        ))}
      </h2>
      <div className="content">
        <div className="row">
          <h2 style={{ margin: 0 }}>Predict with it</h2>
          <Choice<Language>
            label="Predict with"
            value={language}
            options={[
              ["pandas", "pandas"],
              ["spark", "Spark"],
              ["curl", "curl"],
            ]}
            onChange={setLanguage}
          />
        </div>
        <Code>{code[language]}</Code>
        <div className="columns">
          <div>
            <h2>Signature</h2>
            {model.inputs.length === 0 && model.outputs.length === 0 ? (
              <p className="quiet">It was logged without one; infer_signature makes one.</p>
            ) : (
              <>
                <Columns title="Inputs" columns={model.inputs} />
                <Columns title="Outputs" columns={model.outputs} />
                {model.params.length > 0 && (
                  <Columns
                    title="Params"
                    columns={model.params.map((param) => ({
                      name: param.name,
                      type: `${param.type}, ${param.default} if not given`,
                      isRequired: false,
                    }))}
                  />
                )}
              </>
            )}
          </div>
          <div>
            <h2>Requirements</h2>
            {requirements.data ? (
              <Code>{requirements.data.trim()}</Code>
            ) : (
              <p className="quiet">None said.</p>
            )}
            {model.mlflowVersion && (
              <p className="quiet">Logged with mlflow {model.mlflowVersion}.</p>
            )}
          </div>
        </div>
      </div>
    </section>
  );
}

function Columns({ title, columns }: { title: string; columns: SignatureColumn[] }) {
  if (!columns.length) return null;
  return (
    <table className="list" aria-label={title} style={{ marginBottom: 10 }}>
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col">Type</th>
        </tr>
      </thead>
      <tbody>
        {columns.map((column, i) => (
          <tr key={i}>
            <td>{column.name || "–"}</td>
            <td className="mono">
              {column.type}
              {!column.isRequired && <span className="quiet"> optional</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
