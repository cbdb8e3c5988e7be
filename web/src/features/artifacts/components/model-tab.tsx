import { EmptyState } from "@/components/ui/states";
import type { Run } from "@/lib/mlflow";
import { modelFolders } from "../model-folders";
import { ModelCard } from "./model-card";

/** The models that a run logged, in the way of MLflow 3 or of MLflow 2. */
export function ModelTab({ run }: { run: Run }) {
  const outputs = run.outputs?.model_outputs ?? [];
  const folders = modelFolders(run);
  if (!outputs.length && !folders.length) {
    return (
      <EmptyState title="It logged no model">
        <p className="quiet">
          mlflow.sklearn.log_model(model, name="model", input_example=rows) puts one here, with its
          signature and the code to predict with it.
        </p>
      </EmptyState>
    );
  }
  const id = run.info.run_id;
  return (
    <div className="content stack">
      {outputs.map(({ model_id }) => (
        <ModelCard
          key={model_id}
          title="Model"
          uri={`models:/${model_id}`}
          source={{ kind: "model", id: model_id }}
          folder=""
        />
      ))}
      {folders.map((folder) => (
        <ModelCard
          key={folder}
          title={folder || "Model"}
          uri={`runs:/${id}/${folder}`}
          source={{ kind: "run", id }}
          folder={folder}
        />
      ))}
    </div>
  );
}
