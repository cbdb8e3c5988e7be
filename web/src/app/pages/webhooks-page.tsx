import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { useState } from "react";
import { Icon } from "@/components/ui/icon";
import { modelsQuery } from "@/features/models/api/search-models";
import { NewWebhook } from "@/features/webhooks/components/new-webhook";
import { WebhookList } from "@/features/webhooks/components/webhook-list";
import { PageBar, useTitle } from "../shell";

export const route = createLazyRoute("/settings/webhooks")({ component: WebhooksPage });

/** Who is told what happens in the registry. */
function WebhooksPage() {
  useTitle("Webhooks");
  const models = useQuery(modelsQuery());
  const [isMaking, setMaking] = useState(false);
  return (
    <>
      <PageBar
        crumbs={[
          <Link key="all" to="/settings">
            Settings
          </Link>,
          <h1 key="here">Webhooks</h1>,
        ]}
      >
        <span className="grow" />
        <button type="button" className="button" onClick={() => setMaking(true)}>
          <Icon name="plus" /> New webhook
        </button>
      </PageBar>
      <div className="scroll" tabIndex={0} role="region" aria-label="Webhooks">
        <WebhookList />
      </div>
      {isMaking && (
        <NewWebhook
          models={(models.data ?? []).map(({ name }) => name)}
          onClose={() => setMaking(false)}
        />
      )}
    </>
  );
}
