import { notifications } from "@mantine/notifications";
import { createElement } from "react";

const SHOWN_MS = 10_000;

/** Say what was done, and offer to take it back. */
export function tellDone(message: string, undo?: () => Promise<unknown>): void {
  const id = crypto.randomUUID?.() ?? String(Math.random());
  notifications.show({
    id,
    autoClose: SHOWN_MS,
    closeButtonProps: { "aria-label": "Close" },
    message: undo
      ? createElement(
          "span",
          { className: "row" },
          message,
          createElement(
            "button",
            {
              type: "button",
              className: "button",
              onClick: () => {
                notifications.hide(id);
                undo().catch(tellFailure);
              },
            },
            "Undo",
          ),
        )
      : message,
  });
}

export function tellFailure(error: unknown): void {
  notifications.show({
    color: "red",
    autoClose: SHOWN_MS * 2,
    title: "This did not work",
    closeButtonProps: { "aria-label": "Close" },
    message: error instanceof Error ? error.message : String(error),
  });
}
