import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { Markdown } from "@/components/ui/markdown";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { showBytes } from "@/lib/format";
import { fileQuery } from "../api/read-file";
import { parseTable } from "../delimited";
import { fileAddress, previewKind, type Source } from "../sources";
import { Notebook } from "./notebook";
import { ValueTable } from "./value-table";

const ParquetHead = lazy(() => import("./parquet-head"));

const MOST_BYTES = 10_000_000;
const MOST_TEXT = 500_000;
const MOST_ROWS = 500;

/** What a file holds, as far as it can be shown here. */
export function Preview({ source, path, size }: { source: Source; path: string; size?: number }) {
  const kind = previewKind(path);
  if (kind === "none") return <p className="quiet">There is no preview of this kind of file.</p>;
  if (kind === "image") return <img src={fileAddress(source, path)} alt={path} />;
  if (kind === "parquet") {
    return (
      <Suspense fallback={<SkeletonRows />}>
        <ParquetHead source={source} path={path} />
      </Suspense>
    );
  }
  if (size !== undefined && size > MOST_BYTES) {
    return <p className="quiet">{showBytes(size)} are too many to show; download it to see it.</p>;
  }
  return <TextPreview source={source} path={path} />;
}

function TextPreview({ source, path }: { source: Source; path: string }) {
  const file = useQuery(fileQuery(source, path));
  const text = useMemo(() => (file.data ? new TextDecoder().decode(file.data) : ""), [file.data]);
  if (file.error) return <ErrorState error={file.error} />;
  if (!file.data) return <SkeletonRows />;
  switch (previewKind(path)) {
    case "table": {
      const rows = parseTable(text, /\.tsv$/i.test(path) ? "\t" : ",", MOST_ROWS + 1);
      return <ValueTable head={rows[0] ?? []} rows={rows.slice(1)} most={MOST_ROWS} />;
    }
    case "json":
      return <JsonPreview text={text} />;
    case "markdown":
      return <Markdown text={text} />;
    case "html":
      // In a frame that may do nothing: no script runs, nothing of the studio is in reach.
      return <iframe title={path} sandbox="" srcDoc={text} />;
    case "notebook":
      return <Notebook text={text} />;
    default:
      return <Plain text={text} />;
  }
}

function Plain({ text }: { text: string }) {
  return (
    <>
      <pre style={{ margin: 0, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {text.slice(0, MOST_TEXT)}
      </pre>
      {text.length > MOST_TEXT && (
        <p className="quiet">The first {MOST_TEXT} characters; download it to see the rest.</p>
      )}
    </>
  );
}

interface Split {
  columns?: unknown[];
  data?: unknown[][];
}

/** JSON, indented; what mlflow.log_table wrote, and rows of objects, as a table. */
function JsonPreview({ text }: { text: string }) {
  const value = useMemo(() => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return undefined;
    }
  }, [text]);
  if (value === undefined) return <Plain text={text} />;
  const split = value as Split;
  if (
    Array.isArray(split?.columns) &&
    Array.isArray(split?.data) &&
    split.data.every(Array.isArray)
  ) {
    return (
      <ValueTable
        head={split.columns.map(String)}
        rows={split.data.slice(0, MOST_ROWS).map((row) => row.map(shown))}
        most={MOST_ROWS}
      />
    );
  }
  return <Plain text={JSON.stringify(value, null, 2)} />;
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
