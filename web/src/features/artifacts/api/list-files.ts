import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";
import type { FileInfo } from "@/lib/mlflow";
import type { Source } from "../sources";

/** What one folder holds: folders first, then files, by name. Paths are from the source's root. */
export const filesQuery = (source: Source, folder: string) =>
  queryOptions({
    queryKey: ["files", source.kind, source.id, folder],
    queryFn: async ({ signal }) => {
      const found = await listFiles(source, folder, signal);
      return found.sort(
        (one, other) =>
          Number(other.is_dir) - Number(one.is_dir) || one.path.localeCompare(other.path),
      );
    },
    staleTime: 10_000,
  });

export async function listFiles(
  source: Source,
  folder: string,
  signal: AbortSignal,
): Promise<FileInfo[]> {
  if (source.kind === "datastore") {
    const uri = `datastore://${source.id}/${folder}`;
    const answer = await get<{
      files: { path: string; is_dir: boolean; size_bytes: number | null }[];
    }>("api/v1/artifacts", { uri }, signal);
    return answer.files.map((file) => ({
      path: folder ? `${folder}/${file.path}` : file.path,
      is_dir: file.is_dir,
      file_size: file.size_bytes ?? undefined,
    }));
  }
  const [path, query] =
    source.kind === "run"
      ? ["ajax-api/2.0/mlflow/artifacts/list", { run_id: source.id, path: folder || undefined }]
      : [
          `ajax-api/2.0/mlflow/logged-models/${source.id}/artifacts/directories`,
          { artifact_directory_path: folder || undefined },
        ];
  const answer = await get<{ files?: FileInfo[] }>(path, query, signal);
  return answer.files ?? [];
}
