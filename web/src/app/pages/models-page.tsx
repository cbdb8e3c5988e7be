import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createLazyRoute, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Code } from "@/components/ui/buttons";
import { Dialog } from "@/components/ui/dialog";
import { Icon } from "@/components/ui/icon";
import { EmptyState, ErrorState, SkeletonRows } from "@/components/ui/states";
import { createModel } from "@/features/models/api/create-model";
import { modelsQuery } from "@/features/models/api/search-models";
import { ModelCards } from "@/features/models/components/model-cards";
import { counted } from "@/lib/format";
import { isNotServed, root } from "@/lib/http";
import { PageBar, useTitle } from "../shell";

export const route = createLazyRoute("/models")({ component: ModelsPage });

/** All registered models, each with its versions and who is the champion. */
function ModelsPage() {
  useTitle("Models");
  const { q = "" } = route.useSearch();
  const navigate = useNavigate();
  const client = useQueryClient();
  const models = useQuery(modelsQuery());
  const [isCreating, setCreating] = useState(false);
  const [name, setName] = useState("");
  const found = (models.data ?? []).filter((model) =>
    model.name.toLowerCase().includes(q.toLowerCase()),
  );
  return (
    <>
      <PageBar crumbs={[<h1 key="here">Models</h1>]}>
        <input
          className="field grow"
          style={{ maxWidth: 360 }}
          aria-label="Find models"
          placeholder="Find by name"
          value={q}
          onChange={(event) =>
            void navigate({
              to: "/models",
              search: { q: event.target.value || undefined },
              replace: true,
            })
          }
        />
        <button
          type="button"
          className="button"
          disabled={!models.isSuccess}
          onClick={() => setCreating(true)}
        >
          <Icon name="plus" /> New model
        </button>
        <Link to="/settings/webhooks" className="button">
          <Icon name="link" /> Webhooks
        </Link>
      </PageBar>
      <div className="scroll" tabIndex={0} role="region" aria-label="List of models">
        {models.error && <ErrorState error={models.error} />}
        {models.error && isNotServed(models.error) && <HowToRegister />}
        {models.isPending && <SkeletonRows />}
        {models.isSuccess && found.length === 0 && (
          <EmptyState title={q ? "No model of this name" : "No models yet"}>
            {!q && <HowToRegister />}
          </EmptyState>
        )}
        {found.length > 0 && <ModelCards models={found} />}
      </div>
      {models.isSuccess && <div className="foot">{counted(found.length, "model")}</div>}
      <Dialog
        title="New model"
        open={isCreating}
        onClose={() => setCreating(false)}
        action="Create"
        canAct={name.trim() !== ""}
        onAct={async () => {
          await createModel(name.trim());
          await client.invalidateQueries({ queryKey: ["models"] });
          setName("");
          void navigate({ to: "/models/$name", params: { name: name.trim() } });
        }}
      >
        <input
          className="field"
          style={{ width: "100%" }}
          aria-label="Name"
          data-autofocus
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </Dialog>
    </>
  );
}

function HowToRegister() {
  return (
    <div className="content" style={{ maxWidth: 640, margin: "0 auto" }}>
      <p>A version is made from a model that a run logged:</p>
      <Code>{`import mlflow

mlflow.set_tracking_uri("${root.href.replace(/\/$/, "")}")
mlflow.register_model("runs:/RUN_ID/model", "my-model")`}</Code>
    </div>
  );
}
