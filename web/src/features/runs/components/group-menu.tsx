import { Menu } from "@mantine/core";
import { Icon } from "@/components/ui/icon";
import { columnRef, columnTitle } from "@/lib/run-columns";
import type { Keys } from "../api/run-keys";
import type { RunsView, SetView } from "../view";

/** Rows in groups of a param, tag or attribute; or children below their parents. */
export function GroupMenu({
  keys,
  view,
  setView,
}: {
  keys: Keys | undefined;
  view: RunsView;
  setView: SetView;
}) {
  const isNested = view.nest ? view.nest === "on" : !view.sort;
  const ids = [
    ...(keys?.params ?? []).map(({ key }) => `params.${key}`),
    ...(keys?.tags ?? [])
      .filter(({ key }) => !key.startsWith("mlflow.") || key === "mlflow.source.name")
      .map(({ key }) => `tags.${key}`),
    "attributes.status",
    "attributes.user_id",
    "attributes.experiment_id",
  ];
  const title = view.group && columnRef(view.group) ? columnTitle(columnRef(view.group)!) : null;
  return (
    <Menu position="bottom-start" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <button type="button" className="button">
          Group
          {title && <span className="quiet">{title}</span>}
          <Icon name="down" size={11} />
        </button>
      </Menu.Target>
      <Menu.Dropdown style={{ maxHeight: 380, overflowY: "auto" }}>
        <Menu.Item onClick={() => setView({ group: undefined, nest: "on" })}>
          Children below their parents{!view.group && isNested && " ✓"}
        </Menu.Item>
        <Menu.Item onClick={() => setView({ group: undefined, nest: "off" })}>
          Every run by itself{!view.group && !isNested && " ✓"}
        </Menu.Item>
        <Menu.Label>By value</Menu.Label>
        {ids.map((id) => (
          <Menu.Item key={id} onClick={() => setView({ group: id })}>
            {columnTitle(columnRef(id)!)}
            {view.group === id && " ✓"}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
