import { Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Icon } from "@/components/ui/icon";
import { workspacesQuery } from "@/features/workspaces/api/list-workspaces";
import { DEFAULT_WORKSPACE } from "@/lib/workspace";

/** The workspace that one is in, with the way to its page and to the others. */
export function WorkspaceSwitcher() {
  const navigate = useNavigate();
  const workspaces = useQuery(workspacesQuery());
  const names = workspaces.data?.map(({ name }) => name) ?? [];
  const here = names[0] ?? DEFAULT_WORKSPACE;
  return (
    <Menu position="bottom-start" transitionProps={{ duration: 0 }} returnFocus>
      <Menu.Target>
        <button type="button" className="switcher" aria-label={`Workspace ${here}`}>
          <span className="truncate grow">{here}</span>
          <Icon name="down" size={11} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {names.map((name) => (
          <Menu.Item
            key={name}
            onClick={() =>
              void navigate({ to: "/workspaces/$workspace", params: { workspace: name } })
            }
          >
            {name} at a glance
          </Menu.Item>
        ))}
        {names.length === 1 && <Menu.Label>A server of this version has one workspace.</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  );
}
