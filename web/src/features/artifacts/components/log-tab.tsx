import { useQuery } from "@tanstack/react-query";
import { Code } from "@/components/ui/buttons";
import { EmptyState, ErrorState, SkeletonRows } from "@/components/ui/states";
import { root } from "@/lib/http";
import { logsQuery } from "../api/find-logs";
import type { Source } from "../sources";
import { LogView } from "./log-view";

/** What a run printed, as far as it was logged. */
export function LogTab({
  source,
  isRunning,
  file,
  onOpen,
}: {
  source: Source;
  isRunning: boolean;
  file: string | undefined;
  onOpen: (path: string) => void;
}) {
  const logs = useQuery(logsQuery(source, isRunning));
  if (logs.error) return <ErrorState error={logs.error} retry={() => void logs.refetch()} />;
  if (!logs.data) return <SkeletonRows />;
  const shown = file ?? logs.data[0];
  if (!shown) return <NoLog isRunning={isRunning} />;
  return (
    <LogView key={shown} source={source} path={shown} isRunning={isRunning}>
      <select
        className="field"
        style={{ maxWidth: 320 }}
        aria-label="Which log"
        value={shown}
        onChange={(event) => onOpen(event.target.value)}
      >
        {logs.data.map((path) => (
          <option key={path}>{path}</option>
        ))}
      </select>
    </LogView>
  );
}

function NoLog({ isRunning }: { isRunning: boolean }) {
  return (
    <EmptyState title={isRunning ? "No output yet" : "No output was kept"}>
      <p>
        MLflow's clients do not keep what a program prints. Write it to a file, and log the file:
        now and then while it trains, and it can be followed here. Files named *.log, stdout and
        stderr, and those in a folder logs are shown.
      </p>
      <Code>{`import logging, mlflow

mlflow.set_tracking_uri("${root.href.replace(/\/$/, "")}")
logging.basicConfig(filename="train.log", level=logging.INFO)
with mlflow.start_run():
    for epoch in range(10):
        logging.info("epoch %d", epoch)
        mlflow.log_artifact("train.log")`}</Code>
    </EmptyState>
  );
}
