import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { counted } from "@/lib/format";
import { type DiffLine, hunksOf, lineDiff } from "@/lib/line-diff";
import { fileQuery } from "../api/read-file";
import type { CapturedFile } from "../captured";

const MOST_LINES = 20_000;
const SIGN = { same: " ", added: "+", removed: "−" };
const READ = { same: "", added: "added: ", removed: "removed: " };

/** How a file of one run differs from that of the same name of another; null where one has none. */
export function FileDiff({
  name,
  before,
  after,
}: {
  name: string;
  before: CapturedFile | null;
  after: CapturedFile | null;
}) {
  const left = useText(before);
  const right = useText(after);
  const error = left.error ?? right.error;
  const hunks = useMemo(
    () =>
      left.lines && right.lines && left.lines.length + right.lines.length <= MOST_LINES
        ? hunksOf(lineDiff(left.lines, right.lines))
        : null,
    [left.lines, right.lines],
  );
  const changes = hunks?.flat().filter(({ kind }) => kind !== "same").length ?? 0;
  if (error) return <p className="bad content">{error.message}</p>;
  if (!left.lines || !right.lines) return <p className="quiet content">Reading {name}</p>;
  return (
    <section aria-label={`Differences of ${name}`} className="diff">
      <h3 className="row">
        <span className="mono truncate">{name}</span>
        <span className="quiet">
          {!before
            ? "only in this run"
            : !after
              ? "only in the other run"
              : hunks === null
                ? "too long to be compared here"
                : changes
                  ? counted(changes, "line")
                  : "the same"}
        </span>
      </h3>
      {hunks?.map((hunk, i) => (
        <Hunk key={i} lines={hunk} />
      ))}
    </section>
  );
}

function Hunk({ lines }: { lines: DiffLine[] }) {
  return (
    <div className="hunk" tabIndex={0} role="group" aria-label="Lines">
      <table className="mono">
        <tbody>
          {lines.map((line, i) => (
            <tr key={i} className={line.kind}>
              <td className="number">{line.left}</td>
              <td className="number">{line.right}</td>
              <td>
                <span aria-hidden>{SIGN[line.kind]}</span>
                <span className="visually-hidden">{READ[line.kind]}</span>
                {line.text}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The lines of a file; none of one that is not there. */
function useText(file: CapturedFile | null): { lines: string[] | null; error: Error | null } {
  const query = useQuery({
    ...fileQuery(file?.source ?? { kind: "run", id: "" }, file?.path ?? ""),
    enabled: file !== null,
  });
  const lines = useMemo(() => {
    if (!file) return [];
    return query.data
      ? new TextDecoder()
          .decode(query.data)
          .replace(/\r?\n$/, "")
          .split(/\r?\n/)
      : null;
  }, [file, query.data]);
  return { lines, error: query.error };
}
