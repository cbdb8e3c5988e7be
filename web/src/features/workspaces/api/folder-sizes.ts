import { queryOptions } from "@tanstack/react-query";
import { get } from "@/lib/http";

interface Listed {
  path: string;
  is_dir: boolean;
  size_bytes: number | null;
}

/** What the folders of a datastore hold, the fullest first. Every file is looked at for it. */
export const folderSizesQuery = (datastore: string) =>
  queryOptions({
    queryKey: ["storage", "folders", datastore],
    queryFn: async ({ signal }) => {
      const { files } = await get<{ files: Listed[] }>(
        "api/v1/artifacts",
        { uri: `datastore://${datastore}/`, sizes: true },
        signal,
      );
      return files
        .filter(({ is_dir }) => is_dir)
        .map(({ path, size_bytes }): [folder: string, bytes: number] => [path, size_bytes ?? 0])
        .sort(([, one], [, other]) => other - one);
    },
    enabled: false,
    retry: false,
  });
