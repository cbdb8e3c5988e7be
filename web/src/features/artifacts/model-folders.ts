import { type Run, tagOf } from "@/lib/mlflow";

/** Folders of models that a client of MLflow 2 noted in a tag of the run. */
export function modelFolders(run: Run): string[] {
  if (run.outputs?.model_outputs?.length) return [];
  try {
    const history = JSON.parse(tagOf(run.data.tags, "mlflow.log-model.history") ?? "[]") as {
      artifact_path?: string;
    }[];
    return [...new Set(history.map((one) => one.artifact_path ?? ""))].filter(Boolean);
  } catch {
    return [];
  }
}
