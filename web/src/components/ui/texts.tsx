import { showAge, showTime } from "@/lib/format";
import { useNow } from "@/lib/times";
import { Icon, type IconName } from "./icon";

/** A time as its age; exact on hover. */
export function Age({ ms }: { ms: number }) {
  const now = useNow();
  if (!ms) return <span className="quiet">–</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={showTime(ms)}>
      {showAge(ms, now)}
    </time>
  );
}

const STATUS_ICON: Record<string, IconName> = {
  FINISHED: "check",
  RUNNING: "play",
  SCHEDULED: "clock",
  FAILED: "cross",
  KILLED: "warn",
};

export const statusIcon = (status: string): IconName => STATUS_ICON[status] ?? "clock";
export const statusWord = (status: string) => status.charAt(0) + status.slice(1).toLowerCase();

/** How a run stands: a word and a picture, so that colour says nothing alone. */
export function Status({ status }: { status: string }) {
  return (
    <span className={`status ${status}`}>
      <Icon name={statusIcon(status)} />
      {statusWord(status)}
    </span>
  );
}

export function Dot({ color }: { color: string }) {
  return <span className="dot" style={{ background: color }} aria-hidden />;
}
