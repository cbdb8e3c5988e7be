/** What a page shows when there is nothing, not yet, or trouble. */

import type { ReactNode } from "react";
import { isNotServed, RequestFailed } from "@/lib/http";

export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  if (isNotServed(error)) {
    return (
      <EmptyState title="This server does not serve this yet">
        <p className="quiet">
          Its version of Millpond is older than this part. Update the server, and it will be here.
        </p>
      </EmptyState>
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  const isLost = error instanceof RequestFailed && error.status === 0;
  return (
    <div className="error-box" role="alert">
      <strong>{isLost ? "The server does not answer" : "This did not work"}</strong>
      <div style={{ whiteSpace: "pre-wrap" }}>{message}</div>
      {retry && (
        <button type="button" className="button" style={{ marginTop: 8 }} onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Grey lines in the places where the rows will be. */
export function SkeletonRows({ rows = 12 }: { rows?: number }) {
  return (
    <div aria-busy="true" className="content" role="status">
      <span className="visually-hidden">Loading</span>
      {Array.from({ length: rows }, (_, i) => (
        <span
          key={i}
          className="skeleton"
          style={{ height: 14, margin: "7px 0", width: `${55 + ((i * 37) % 40)}%` }}
        />
      ))}
    </div>
  );
}
