/** Answers of the MLflow protocol, as far as the studio reads them. */

export interface Tag {
  key: string;
  value: string;
}

export interface Experiment {
  experiment_id: string;
  name: string;
  artifact_location: string;
  lifecycle_stage: "active" | "deleted";
  creation_time: number;
  last_update_time: number;
  tags?: Tag[];
}

export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";

export interface RunInfo {
  run_id: string;
  run_name: string;
  experiment_id: string;
  user_id: string;
  status: RunStatus;
  start_time: number;
  end_time?: number;
  artifact_uri: string;
  lifecycle_stage: "active" | "deleted";
}

export interface Metric {
  key: string;
  value: number | string;
  timestamp: number;
  step: number;
}

export interface DatasetInput {
  tags?: Tag[];
  dataset: {
    name: string;
    digest: string;
    source_type: string;
    source: string;
    schema?: string;
    profile?: string;
  };
}

export interface Run {
  info: RunInfo;
  data: { params?: Tag[]; metrics?: Metric[]; tags?: Tag[] };
  inputs?: { dataset_inputs?: DatasetInput[]; model_inputs?: { model_id: string }[] };
  outputs?: { model_outputs?: { model_id: string; step: number }[] };
}

export interface FileInfo {
  path: string;
  is_dir: boolean;
  file_size?: number;
}

export interface ModelVersion {
  name: string;
  version: string;
  creation_timestamp: number;
  last_updated_timestamp: number;
  current_stage: string;
  description?: string;
  source: string;
  run_id?: string;
  model_id?: string;
  status: string;
  status_message?: string;
  run_link?: string;
  tags?: Tag[];
  aliases?: string[];
}

export interface RegisteredModel {
  name: string;
  creation_timestamp: number;
  last_updated_timestamp: number;
  description?: string;
  latest_versions?: ModelVersion[];
  tags?: Tag[];
  aliases?: { alias: string; version: string }[];
}

export interface LoggedModel {
  info: {
    model_id: string;
    experiment_id: string;
    name: string;
    creation_timestamp_ms: number;
    last_updated_timestamp_ms: number;
    artifact_uri: string;
    status: string;
    model_type?: string;
    source_run_id?: string;
    tags?: Tag[];
  };
  data?: { params?: Tag[]; metrics?: (Metric & { model_id?: string; run_id?: string })[] };
}

export const NOTE_TAG = "mlflow.note.content";
export const PARENT_TAG = "mlflow.parentRunId";

export function tagOf(tags: Tag[] | undefined, key: string): string | undefined {
  return tags?.find((tag) => tag.key === key)?.value;
}

/** Tags that people wrote, not those that clients and the studio keep for themselves. */
export function ownTags(tags: Tag[] | undefined): Tag[] {
  return (tags ?? [])
    .filter((tag) => !tag.key.startsWith("mlflow.") && !tag.key.startsWith("millpond."))
    .sort((one, other) => one.key.localeCompare(other.key));
}

/** The protocol writes a NaN or an infinity as a text. */
export function numberOf(value: number | string | null | undefined): number {
  return value === null || value === undefined ? Number.NaN : Number(value);
}
