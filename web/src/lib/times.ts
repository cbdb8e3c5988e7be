import { useEffect, useState } from "react";

/** The time now, anew every so often, for ages and running durations. */
export function useNow(periodMs = 30_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), periodMs);
    return () => clearInterval(timer);
  }, [periodMs]);
  return now;
}
