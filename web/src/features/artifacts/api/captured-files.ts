import { type QueryClient, queryOptions } from "@tanstack/react-query";
import type { Run } from "@/lib/mlflow";
import { type CapturedFile, CODE_FOLDER, capturedOf } from "../captured";
import { modelFolders } from "../model-folders";
import type { Source } from "../sources";
import { filesQuery } from "./list-files";

const MOST_FILES = 300;

/** The files of a run, and of the models it logged, that say how it was made. */
export const capturedQuery = (client: QueryClient, run: Run) =>
  queryOptions({
    queryKey: ["captured", run.info.run_id],
    queryFn: async () => {
      const found: CapturedFile[] = [];
      const look = async (source: Source, folder: string, prefix: string, isInCode: boolean) => {
        if (found.length >= MOST_FILES) return;
        const files = await client.ensureQueryData(filesQuery(source, folder));
        found.push(...capturedOf(source, files, prefix, isInCode));
        for (const { path, is_dir } of files) {
          const isCode = isInCode || CODE_FOLDER.test(path.split("/").pop()!);
          if (is_dir && isCode) await look(source, path, prefix, true);
        }
      };
      for (const { model_id } of run.outputs?.model_outputs ?? []) {
        await look({ kind: "model", id: model_id }, "", "model/", false);
      }
      const own: Source = { kind: "run", id: run.info.run_id };
      for (const folder of modelFolders(run)) await look(own, folder, "", false);
      await look(own, "", "", false);
      return found.slice(0, MOST_FILES);
    },
    staleTime: 30_000,
  });
