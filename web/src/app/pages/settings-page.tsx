import { useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { Choice, Code, CopyButton } from "@/components/ui/buttons";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { showBytes } from "@/lib/format";
import { get, root } from "@/lib/http";
import type { components } from "@/lib/openapi";
import { PageBar, useTitle } from "../shell";

export const route = createLazyRoute("/settings")({ component: SettingsPage });

type Server = components["schemas"]["Server"];

/** How this browser shows things, and what the server is. */
function SettingsPage() {
  useTitle("Settings");
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const server = useQuery({
    queryKey: ["server"],
    queryFn: ({ signal }) => get<Server>("api/v1/server", {}, signal),
  });
  const address = root.href.replace(/\/$/, "");
  return (
    <>
      <PageBar crumbs={[<h1 key="here">Settings</h1>]} />
      <div className="scroll content stack" style={{ maxWidth: 720 }}>
        <section className="panel" aria-label="Appearance">
          <h2>Appearance</h2>
          <div className="content row">
            <Choice
              label="Colours"
              value={colorScheme}
              options={[
                ["auto", "As the system"],
                ["light", "Light"],
                ["dark", "Dark"],
              ]}
              onChange={setColorScheme}
            />
            <span className="quiet">
              Times are in {Intl.DateTimeFormat().resolvedOptions().timeZone}, this browser's zone.
            </span>
          </div>
        </section>
        <section className="panel" aria-label="Connect">
          <h2>Connect</h2>
          <div className="content">
            <Code>{`mlflow.set_tracking_uri("${address}")`}</Code>
            <p>
              <a href="docs">The server's own API</a> is described on a page of its own.
            </p>
          </div>
        </section>
        <section className="panel" aria-label="Webhooks">
          <h2>Webhooks</h2>
          <p className="content" style={{ margin: 0 }}>
            <Link to="/settings/webhooks">Addresses that are told what happens to models</Link>,
            with what each was told and what it answered.
          </p>
        </section>
        <section className="panel" aria-label="Server">
          <h2>Server</h2>
          {server.error && <ErrorState error={server.error} />}
          {server.isPending && <SkeletonRows rows={5} />}
          {server.data && (
            <table className="list">
              <tbody>
                {(
                  [
                    ["Version", server.data.version],
                    ["Protocol", server.data.protocol],
                    ["Engine", server.data.engine],
                    ["Data folder", server.data.data_dir],
                    ["Largest request", showBytes(server.data.max_body_bytes)],
                  ] as const
                ).map(([name, value]) => (
                  <tr key={name}>
                    <th scope="row" style={{ position: "static", width: 130 }}>
                      {name}
                    </th>
                    <td>{value}</td>
                    <td style={{ width: 1 }}>
                      <CopyButton text={value} label={`Copy ${name.toLowerCase()}`} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      </div>
    </>
  );
}
