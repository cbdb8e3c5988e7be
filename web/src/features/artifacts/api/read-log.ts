import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { getRange } from "@/lib/http";
import { fileAddress, type Source } from "../sources";

export interface LogText {
  /** The end of the file: as much of it as is kept here. */
  bytes: Uint8Array;
  /** How long the file is. */
  size: number;
}

const MOST_BYTES = 2_000_000;
const OVERLAP = 64;
const PERIOD_MS = 2_000;

/** The end of a log. While it is followed only what is new is asked for. */
export const logQuery = (
  client: QueryClient,
  source: Source,
  path: string,
  isFollowed: boolean,
) => {
  const queryKey = ["log", source.kind, source.id, path];
  return queryOptions({
    queryKey,
    queryFn: async ({ signal }): Promise<LogText> => {
      const place = fileAddress(source, path);
      const before = client.getQueryData<LogText>(queryKey);
      if (before) {
        const more = await continued(place, before, signal);
        if (more) return more;
      }
      return getRange(place, `bytes=-${MOST_BYTES}`, signal);
    },
    refetchInterval: isFollowed ? PERIOD_MS : false,
    retry: false,
  });
};

/** What is known with what came behind it; null if the file was written anew. */
async function continued(
  place: string,
  before: LogText,
  signal: AbortSignal,
): Promise<LogText | null> {
  const known = before.bytes.slice(-OVERLAP);
  const { bytes, size } = await getRange(place, `bytes=${before.size - known.length}-`, signal);
  const isSame = known.every((byte, i) => bytes[i] === byte);
  if (!isSame || (known.length === 0 && before.size > 0)) return null;
  if (size === before.size) return before;
  const all = new Uint8Array(before.bytes.length + bytes.length - known.length);
  all.set(before.bytes);
  all.set(bytes.subarray(known.length), before.bytes.length);
  return { bytes: all.slice(-MOST_BYTES), size };
}
