import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Choice } from "@/components/ui/buttons";
import { Dialog } from "@/components/ui/dialog";
import { eventsQuery } from "../api/list-events";
import { makeWebhook } from "../api/make-webhook";

type Dialect = "databricks" | "mlflow";

/** An address, what it is to hear of, and the secret that its messages are signed with. */
export function NewWebhook({
  models,
  model: given,
  onClose,
}: {
  models: string[];
  model?: string;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const known = useQuery(eventsQuery());
  const [url, setUrl] = useState("");
  const [name, setName] = useState("");
  const [secret, setSecret] = useState("");
  const [model, setModel] = useState(given ?? "");
  const [dialect, setDialect] = useState<Dialect>("databricks");
  const [events, setEvents] = useState<string[]>([]);
  const offered = known.data?.find((one) => one.dialect === dialect)?.events ?? [];
  return (
    <Dialog
      title="New webhook"
      open
      onClose={onClose}
      action="Make it"
      canAct={url.trim() !== "" && events.length > 0}
      onAct={async () => {
        await makeWebhook({
          url: url.trim(),
          events,
          name: name.trim(),
          model: model || null,
          secret,
          dialect,
          description: "",
          check_certificate: true,
        });
        await client.invalidateQueries({ queryKey: ["webhooks"] });
      }}
    >
      <div className="stack" style={{ gap: 8 }}>
        <Field
          label="Address"
          value={url}
          onChange={setUrl}
          placeholder="https://example.com/hook"
        />
        <Field label="Name" value={name} onChange={setName} placeholder="not needed" />
        <Field
          label="Secret"
          value={secret}
          onChange={setSecret}
          placeholder="signs the messages; it is never shown again"
          isSecret
        />
        <label className="row">
          <span style={{ width: 70 }}>Model</span>
          <select
            className="field grow"
            aria-label="Model"
            value={model}
            onChange={(event) => setModel(event.target.value)}
          >
            <option value="">every model</option>
            {models.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <div className="row">
          <span style={{ width: 70 }}>Words</span>
          <Choice<Dialect>
            label="Whose words it is told in"
            value={dialect}
            options={[
              ["databricks", "Databricks'"],
              ["mlflow", "MLflow's"],
            ]}
            onChange={(next) => {
              setDialect(next);
              setEvents([]);
            }}
          />
        </div>
        <fieldset className="events" tabIndex={0}>
          <legend>Hears of</legend>
          {offered.map((event) => (
            <label key={event} className="row mono">
              <input
                type="checkbox"
                checked={events.includes(event)}
                onChange={({ target }) =>
                  setEvents(
                    target.checked ? [...events, event] : events.filter((one) => one !== event),
                  )
                }
              />
              {event}
            </label>
          ))}
        </fieldset>
      </div>
    </Dialog>
  );
}

function Field({
  label,
  value,
  onChange,
  placeholder,
  isSecret = false,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder: string;
  isSecret?: boolean;
}) {
  return (
    <label className="row">
      <span style={{ width: 70 }}>{label}</span>
      <input
        className="field grow"
        type={isSecret ? "password" : "text"}
        autoComplete="off"
        placeholder={placeholder}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
