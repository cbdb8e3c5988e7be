import { useQuery } from "@tanstack/react-query";
import { asyncBufferFromUrl, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { showCount } from "@/lib/format";
import { fileAddress, type Source } from "../sources";
import { ValueTable } from "./value-table";

const MOST_ROWS = 100;

/** The first rows of a Parquet file; only the parts of it that they need are fetched. */
export default function ParquetHead({ source, path }: { source: Source; path: string }) {
  const head = useQuery({
    queryKey: ["parquet", source.kind, source.id, path],
    queryFn: async () => {
      const file = await asyncBufferFromUrl({ url: fileAddress(source, path) });
      const metadata = await parquetMetadataAsync(file);
      const rows = await parquetReadObjects({ file, metadata, rowStart: 0, rowEnd: MOST_ROWS });
      return { rows, total: Number(metadata.num_rows) };
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (head.error) return <ErrorState error={head.error} />;
  if (!head.data) return <SkeletonRows />;
  const { rows, total } = head.data;
  const names = Object.keys(rows[0] ?? {});
  return (
    <>
      <p className="quiet">{showCount(total)} rows</p>
      <ValueTable
        head={names}
        rows={rows.map((row) => names.map((name) => shown(row[name])))}
        most={MOST_ROWS}
      />
    </>
  );
}

function shown(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object" && value !== null) {
    return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner));
  }
  return String(value ?? "");
}
