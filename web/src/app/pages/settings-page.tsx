import { useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { createLazyRoute, Link } from "@tanstack/react-router";
import { Choice, Code, CopyButton } from "@/components/ui/buttons";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { Retention } from "@/features/settings/components/retention";
import { ServerSettings } from "@/features/settings/components/server-settings";
import { showBytes, showTime } from "@/lib/format";
import { get, root } from "@/lib/http";
import type { components } from "@/lib/openapi";
import { useShared } from "@/lib/store";
import { useNow } from "@/lib/times";
import { browserZone, chosenZone, zonesToChoose } from "@/lib/zone";
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
      <div className="scroll" tabIndex={0} role="region" aria-label="Settings">
        <div className="content stack" style={{ maxWidth: 860 }}>
          <section className="panel" id="appearance" aria-label="Appearance">
            <h2>Appearance</h2>
            <div className="content row wrap">
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
            </div>
          </section>
          <TimeZone />
          <section className="panel" id="connect" aria-label="Connect">
            <h2>Connect</h2>
            <div className="content">
              <Code>{`mlflow.set_tracking_uri("${address}")`}</Code>
              <p>
                <a href="docs">The server's own API</a> is described on a page of its own.
              </p>
            </div>
          </section>
          <section className="panel" id="sign-in" aria-label="Sign-in">
            <h2>Sign-in</h2>
            <p className="content" style={{ margin: 0 }}>
              There is none in this version: whoever reaches this address can read and change
              everything, and nobody is asked who they are. That is why the server answers on its
              own machine alone, unless <span className="mono">allow_remote</span> is set. Before
              others use it, put it behind a proxy that signs people in. Members, roles and tokens
              will be here.
            </p>
          </section>
          <Retention />
          <section className="panel" id="webhooks" aria-label="Webhooks">
            <h2>Webhooks</h2>
            <p className="content" style={{ margin: 0 }}>
              <Link to="/settings/webhooks">Addresses that are told what happens to models</Link>,
              with what each was told and what it answered.
            </p>
          </section>
          <section className="panel" id="server" aria-label="Server">
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
          <ServerSettings />
        </div>
      </div>
    </>
  );
}

/** In which zone times are shown, kept in this browser. */
function TimeZone() {
  const zone = useShared(chosenZone);
  const now = useNow(1_000);
  return (
    <section className="panel" id="time-zone" aria-label="Time zone">
      <h2>Time zone</h2>
      <div className="content row wrap">
        <select
          className="field"
          aria-label="Time zone"
          value={zone}
          onChange={(event) => chosenZone.set(event.target.value)}
        >
          <option value="">This browser's, {browserZone()}</option>
          {zonesToChoose().map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <span className="quiet numbers">Now it is {showTime(now)}.</span>
      </div>
    </section>
  );
}
