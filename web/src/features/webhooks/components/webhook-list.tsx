import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Fragment, useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { Icon } from "@/components/ui/icon";
import { EmptyState, ErrorState, SkeletonRows } from "@/components/ui/states";
import { tellDone, tellFailure } from "@/lib/notices";
import { deleteWebhook } from "../api/delete-webhook";
import { type Webhook, webhooksQuery } from "../api/list-webhooks";
import { testWebhook } from "../api/test-webhook";
import { turnWebhook } from "../api/turn-webhook";
import { Deliveries } from "./deliveries";

/** The webhooks, each with what it hears, and what became of what it was told. */
export function WebhookList() {
  const client = useQueryClient();
  const webhooks = useQuery(webhooksQuery());
  const [open, setOpen] = useState<string | null>(null);
  const [doomed, setDoomed] = useState<Webhook | null>(null);
  const changed = () => client.invalidateQueries({ queryKey: ["webhooks"] });
  const turn = (webhook: Webhook) =>
    turnWebhook(webhook.webhook_id, webhook.status === "ACTIVE" ? "DISABLED" : "ACTIVE")
      .then(changed)
      .catch(tellFailure);
  if (webhooks.error) return <ErrorState error={webhooks.error} />;
  if (!webhooks.data) return <SkeletonRows />;
  if (webhooks.data.length === 0) {
    return (
      <EmptyState title="No webhooks yet">
        <p>
          A webhook is an address that is told what happens to models: versions made, moved, tagged,
          commented on. New webhook, above, makes one.
        </p>
      </EmptyState>
    );
  }
  return (
    <>
      <table className="list" aria-label="Webhooks">
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col">Hears of</th>
            <th scope="col">Model</th>
            <th scope="col">Status</th>
            <th scope="col">Actions</th>
          </tr>
        </thead>
        <tbody>
          {webhooks.data.map((webhook) => (
            <Fragment key={webhook.webhook_id}>
              <tr>
                <th scope="row" className="key">
                  <div className="mono">{webhook.url}</div>
                  <div className="quiet">
                    {webhook.name} {webhook.description}
                    {webhook.has_secret ? " signed" : " not signed"}
                  </div>
                </th>
                <td>
                  {webhook.events.map((event) => (
                    <div key={event} className="mono">
                      {event}
                    </div>
                  ))}
                </td>
                <td>
                  {webhook.model ? (
                    <Link to="/models/$name" params={{ name: webhook.model }}>
                      {webhook.model}
                    </Link>
                  ) : (
                    "every model"
                  )}
                </td>
                <td>{webhook.status.toLowerCase().replace("_", " ")}</td>
                <td>
                  <span className="row wrap">
                    <button
                      type="button"
                      className="button"
                      onClick={() => void test(webhook.webhook_id)}
                    >
                      Test
                    </button>
                    <button type="button" className="button" onClick={() => void turn(webhook)}>
                      {webhook.status === "ACTIVE" ? "Turn off" : "Turn on"}
                    </button>
                    <button
                      type="button"
                      className="button"
                      aria-expanded={open === webhook.webhook_id}
                      onClick={() =>
                        setOpen(open === webhook.webhook_id ? null : webhook.webhook_id)
                      }
                    >
                      Log
                    </button>
                    <button
                      type="button"
                      className="button danger"
                      onClick={() => setDoomed(webhook)}
                    >
                      <Icon name="trash" /> Delete
                    </button>
                  </span>
                </td>
              </tr>
              {open === webhook.webhook_id && (
                <tr>
                  <td colSpan={5}>
                    <Deliveries id={webhook.webhook_id} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
      {doomed && (
        <Dialog
          title="Delete the webhook"
          open
          onClose={() => setDoomed(null)}
          action="Delete it"
          isDanger
          onAct={() => deleteWebhook(doomed.webhook_id).then(changed)}
        >
          <p>
            <span className="mono">{doomed.url}</span> hears of nothing any more, and what it was
            still to be told is dropped. Its secret is forgotten, so this cannot be undone; turning
            it off can.
          </p>
        </Dialog>
      )}
    </>
  );
}

/** Tell a webhook of something that did not happen, and say what it answered. */
async function test(id: string): Promise<void> {
  try {
    const { status, body } = await testWebhook(id);
    const said = body.trim().slice(0, 200);
    if (status >= 200 && status < 300) tellDone(`It answered ${status}. ${said}`);
    else {
      tellFailure(new Error(status ? `It answered ${status}. ${said}` : `No answer: ${said}`));
    }
  } catch (failure) {
    tellFailure(failure);
  }
}
