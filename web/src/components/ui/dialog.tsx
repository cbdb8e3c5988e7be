import { Modal } from "@mantine/core";
import { type ReactNode, useState } from "react";

/** A question before something happens: what, how many, and the two answers. */
export function Dialog({
  title,
  open,
  onClose,
  action,
  isDanger = false,
  canAct = true,
  onAct,
  children,
}: {
  title: string;
  open: boolean;
  onClose: () => void;
  action: string;
  isDanger?: boolean;
  canAct?: boolean;
  onAct: () => Promise<unknown> | undefined;
  children: ReactNode;
}) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const close = () => {
    setError("");
    onClose();
  };
  const act = async () => {
    setBusy(true);
    setError("");
    try {
      await onAct();
      close();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal
      opened={open}
      onClose={close}
      title={<strong>{title}</strong>}
      centered
      transitionProps={{ duration: 0 }}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (canAct) void act();
        }}
      >
        {children}
        {error && (
          <p className="bad" role="alert" style={{ whiteSpace: "pre-wrap" }}>
            {error}
          </p>
        )}
        <div className="row" style={{ justifyContent: "flex-end", marginTop: 16 }}>
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button
            type="submit"
            className={isDanger ? "button danger" : "button primary"}
            disabled={!canAct || isBusy}
          >
            {action}
          </button>
        </div>
      </form>
    </Modal>
  );
}
