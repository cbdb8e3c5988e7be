import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { CopyButton } from "@/components/ui/buttons";
import { Icon } from "@/components/ui/icon";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { counted, showBytes } from "@/lib/format";
import { logLines } from "@/lib/log-text";
import { logQuery } from "../api/read-log";
import { fileAddress, type Source } from "../sources";

const NEAR_END_PX = 24;

/** One log: its end first, followed while the run is running and nobody has scrolled up. */
export function LogView({
  source,
  path,
  isRunning,
  children,
}: {
  source: Source;
  path: string;
  isRunning: boolean;
  children: ReactNode;
}) {
  const [isFollowing, setFollowing] = useState(isRunning);
  const [isWrapped, setWrapped] = useState(true);
  const [find, setFind] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const isFollowed = isRunning && isFollowing;
  const log = useQuery(logQuery(useQueryClient(), source, path, isFollowed));
  const lines = useMemo(
    () => (log.data ? logLines(new TextDecoder().decode(log.data.bytes)) : []),
    [log.data],
  );
  const shown = useMemo(() => {
    const wanted = find.toLowerCase();
    return wanted ? lines.filter((line) => line.toLowerCase().includes(wanted)) : lines;
  }, [lines, find]);
  // What is new stands at the end; so does what a run that has ended says last.
  useEffect(() => {
    if (box.current && (isFollowing || !isRunning) && shown.length) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [shown, isFollowing, isRunning]);
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (isRunning && isAtEnd !== isFollowing) setFollowing(isAtEnd);
  };
  return (
    <div className="log">
      <div className="bar" style={{ minHeight: 0, padding: "4px 12px" }}>
        {children}
        <input
          className="field"
          style={{ width: 180 }}
          aria-label="Find in the log"
          placeholder="Only lines with"
          value={find}
          onChange={(event) => setFind(event.target.value)}
        />
        {isRunning && (
          <button
            type="button"
            className="button"
            aria-pressed={isFollowing}
            onClick={() => setFollowing(!isFollowing)}
          >
            <Icon name="down" size={11} /> Follow
          </button>
        )}
        <button
          type="button"
          className="button"
          aria-pressed={isWrapped}
          onClick={() => setWrapped(!isWrapped)}
        >
          Wrap
        </button>
        <span className="grow" />
        <CopyButton text={shown.join("\n")} label="Copy the lines" />
        <a className="button" href={fileAddress(source, path)} download>
          <Icon name="download" /> Download
        </a>
      </div>
      {log.error ? (
        <ErrorState error={log.error} retry={() => void log.refetch()} />
      ) : !log.data ? (
        <SkeletonRows />
      ) : (
        <>
          <div
            ref={box}
            className="lines"
            tabIndex={0}
            role="log"
            aria-label={path}
            aria-live="off"
            onScroll={onScroll}
          >
            <pre className={isWrapped ? "wrapped" : ""}>{shown.join("\n")}</pre>
            {shown.length === 0 && (
              <p className="quiet">{lines.length ? "No line has this." : "Nothing in it yet."}</p>
            )}
          </div>
          <div className="foot" role="status">
            <span>{counted(shown.length, "line")}</span>
            <span>
              {log.data.size > log.data.bytes.length
                ? `the last ${showBytes(log.data.bytes.length)} of ${showBytes(log.data.size)}`
                : showBytes(log.data.size)}
            </span>
            {isRunning && <span>{isFollowing ? "following" : "not following"}</span>}
          </div>
        </>
      )}
    </div>
  );
}
