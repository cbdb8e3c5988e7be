import { Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Icon } from "@/components/ui/icon";
import { quoted, withClause } from "@/lib/filters";
import { datasetsQuery } from "../api/experiment-datasets";
import type { RunsView, SetView } from "../view";

const AGES: [name: string, ms: number][] = [
  ["Last hour", 3_600_000],
  ["Last 24 hours", 86_400_000],
  ["Last 7 days", 7 * 86_400_000],
  ["Last 30 days", 30 * 86_400_000],
];

/** Filters made by clicks. What the grammar can say is written into the filter, to be seen. */
export function FilterMenus({
  experimentIds,
  view,
  setView,
  hasRegistry,
}: {
  experimentIds: string[];
  view: RunsView;
  setView: SetView;
  hasRegistry: boolean;
}) {
  const add = (clause: string) => setView({ filter: withClause(view.filter ?? "", clause) });
  const datasets = useQuery(datasetsQuery(experimentIds));
  const names = [...new Set((datasets.data ?? []).map((found) => found.name))];
  return (
    <>
      <Choose label="State" chosen={view.state === "deleted" ? "Deleted" : "Active"}>
        <Menu.Item onClick={() => setView({ state: undefined })}>Active</Menu.Item>
        <Menu.Item onClick={() => setView({ state: "deleted" })}>Deleted</Menu.Item>
      </Choose>
      <Choose label="Time created">
        {AGES.map(([name, ms]) => (
          <Menu.Item key={name} onClick={() => add(`attributes.start_time >= ${Date.now() - ms}`)}>
            {name}
          </Menu.Item>
        ))}
      </Choose>
      <Choose
        label="Model"
        chosen={view.model && (view.model === "with" ? "registered" : "not registered")}
        disabled={!hasRegistry}
      >
        <Menu.Item onClick={() => setView({ model: undefined })}>All runs</Menu.Item>
        <Menu.Item onClick={() => setView({ model: "with" })}>With a model version</Menu.Item>
        <Menu.Item onClick={() => setView({ model: "without" })}>Without a model version</Menu.Item>
      </Choose>
      <Choose label="Dataset" disabled={names.length === 0}>
        {names.map((name) => (
          <Menu.Item key={name} onClick={() => add(`datasets.name = ${quoted(name)}`)}>
            {name}
          </Menu.Item>
        ))}
      </Choose>
    </>
  );
}

function Choose({
  label,
  chosen,
  disabled = false,
  children,
}: {
  label: string;
  chosen?: string;
  disabled?: boolean;
  children: React.ReactNode;
}) {
  return (
    <Menu position="bottom-start" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <button type="button" className="button" disabled={disabled}>
          {label}
          {chosen && <span className="quiet">{chosen}</span>}
          <Icon name="down" size={11} />
        </button>
      </Menu.Target>
      <Menu.Dropdown style={{ maxHeight: 340, overflowY: "auto" }}>{children}</Menu.Dropdown>
    </Menu>
  );
}
