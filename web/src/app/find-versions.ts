import { get } from "@/lib/http";
import type { ModelVersion } from "@/lib/mlflow";
import { versionWords } from "./version-words";

const MOST = 6;

/** Versions of models whose name has the text in it; "churn 3" is version 3 of such a model. */
export async function findVersions(text: string, signal: AbortSignal): Promise<ModelVersion[]> {
  const { name, version } = versionWords(text);
  const like = name.replaceAll("'", "_").replaceAll("%", "_");
  const numbered = version ? ` AND version_number = ${version}` : "";
  const answer = await get<{ model_versions?: ModelVersion[] }>(
    "ajax-api/2.0/mlflow/model-versions/search",
    { filter: `name ILIKE '%${like}%'${numbered}`, max_results: MOST },
    signal,
  );
  return answer.model_versions ?? [];
}
