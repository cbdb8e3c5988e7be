import { useQuery } from "@tanstack/react-query";
import { ErrorState, SkeletonRows } from "@/components/ui/states";
import { settingsQuery } from "../api/list-settings";

/** What the server was started with, each setting explained. */
export function ServerSettings() {
  const settings = useQuery(settingsQuery());
  return (
    <section className="panel" id="server-settings" aria-label="Settings of the server">
      <h2>Settings of the server</h2>
      <p className="quiet content" style={{ margin: 0 }}>
        They are given where the server is started: as a flag, in the environment, or in the file
        that --config names.
      </p>
      {settings.error && <ErrorState error={settings.error} />}
      {settings.isPending && <SkeletonRows rows={6} />}
      {settings.data && (
        <table className="list" aria-label="Settings of the server">
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Is</th>
              <th scope="col">What it does</th>
            </tr>
          </thead>
          <tbody>
            {settings.data.map((setting) => (
              <tr key={setting.name} id={`setting-${setting.name}`}>
                <th scope="row" className="key mono" title={setting.environment}>
                  {setting.name}
                </th>
                <td className="mono">
                  {setting.value ?? (setting.is_changed ? "set, not told" : "none")}
                  {setting.is_changed && setting.default !== null && (
                    <div className="quiet">default {setting.default}</div>
                  )}
                </td>
                <td>{setting.meaning}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
