import { queryOptions } from "@tanstack/react-query";
import { inReadingOrder, isLog, LOG_FOLDER } from "@/lib/log-text";
import type { Source } from "../sources";
import { listFiles } from "./list-files";

/** The files of a run that hold what it printed; looked for again while it is running. */
export const logsQuery = (source: Source, isRunning: boolean) =>
  queryOptions({
    queryKey: ["logs", source.kind, source.id],
    queryFn: async ({ signal }) => {
      const found: string[] = [];
      const look = async (folder: string, isInLogFolder: boolean) => {
        for (const { path, is_dir } of await listFiles(source, folder, signal)) {
          if (!is_dir) {
            if (isLog(path, isInLogFolder)) found.push(path);
          } else if (isInLogFolder || LOG_FOLDER.test(path)) await look(path, true);
        }
      };
      await look("", false);
      return inReadingOrder(found);
    },
    refetchInterval: isRunning ? 5_000 : false,
  });
