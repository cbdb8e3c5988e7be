import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useMemo, useState } from "react";
import { Icon, type IconName } from "@/components/ui/icon";
import { experimentsQuery } from "@/features/experiments/api/search-experiments";
import { modelsQuery } from "@/features/models/api/search-models";
import { settingsQuery } from "@/features/settings/api/list-settings";
import { workspacesQuery } from "@/features/workspaces/api/list-workspaces";
import { findRuns } from "./find-runs";
import { findVersions } from "./find-versions";
import { PLACES } from "./shell";

interface Target {
  icon: IconName;
  name: string;
  note: string;
  go: () => void;
}

const MOST = 12;
// What the page of settings has, by the places on it.
const SETTINGS: [hash: string, name: string][] = [
  ["appearance", "Appearance: dark and light"],
  ["time-zone", "Time zone"],
  ["connect", "Connect: tracking address"],
  ["sign-in", "Sign-in"],
  ["retention", "Retention"],
  ["webhooks", "Webhooks"],
  ["server", "Server: version and limits"],
];

/** One field that leads to any experiment, run, model, version, page or setting. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [picked, setPicked] = useState(0);
  const asked = useDeferredValue(text.trim());
  const experiments = useQuery(experimentsQuery("ACTIVE_ONLY"));
  const models = useQuery(modelsQuery());
  const ids = useMemo(
    () => (experiments.data ?? []).map((found) => found.experiment_id),
    [experiments.data],
  );
  const runs = useQuery({
    queryKey: ["palette", asked, ids],
    queryFn: ({ signal }) => findRuns(ids, asked, signal),
    enabled: asked.length >= 2 && ids.length > 0,
    staleTime: 10_000,
  });
  const versions = useQuery({
    queryKey: ["palette versions", asked],
    queryFn: ({ signal }) => findVersions(asked, signal),
    enabled: asked.length >= 2,
    staleTime: 10_000,
    retry: false,
  });
  const workspaces = useQuery(workspacesQuery());
  const settings = useQuery(settingsQuery());
  const targets = useMemo(() => {
    const fits = (name: string) => name.toLowerCase().includes(asked.toLowerCase());
    const found: Target[] = [];
    for (const found_ of experiments.data ?? []) {
      if (!fits(found_.name)) continue;
      found.push({
        icon: "flask",
        name: found_.name,
        note: "experiment",
        go: () =>
          void navigate({
            to: "/experiments/$experimentId",
            params: { experimentId: found_.experiment_id },
          }),
      });
    }
    for (const model of models.data ?? []) {
      if (!fits(model.name)) continue;
      found.push({
        icon: "box",
        name: model.name,
        note: "model",
        go: () => void navigate({ to: "/models/$name", params: { name: model.name } }),
      });
    }
    const top = found.slice(0, MOST);
    for (const run of runs.data ?? []) {
      top.push({
        icon: "chart",
        name: run.name,
        note: `run ${run.runId.slice(0, 8)}`,
        go: () =>
          void navigate({
            to: "/experiments/$experimentId/runs/$runId",
            params: { experimentId: run.experimentId, runId: run.runId },
          }),
      });
    }
    for (const { name, version } of versions.data ?? []) {
      top.push({
        icon: "box",
        name: `${name}, version ${version}`,
        note: "version",
        go: () =>
          void navigate({ to: "/models/$name/versions/$version", params: { name, version } }),
      });
    }
    for (const [to, icon, name] of PLACES) {
      if (fits(name)) top.push({ icon, name, note: "page", go: () => void navigate({ to }) });
    }
    for (const { name } of workspaces.data ?? []) {
      if (!fits(name)) continue;
      top.push({
        icon: "columns",
        name,
        note: "workspace",
        go: () => void navigate({ to: "/workspaces/$workspace", params: { workspace: name } }),
      });
    }
    const named = [
      ...SETTINGS,
      ...(settings.data ?? []).map(({ name }): [string, string] => [`setting-${name}`, name]),
    ];
    for (const [hash, name] of named) {
      if (!asked || !fits(name)) continue;
      top.push({
        icon: "gear",
        name,
        note: "setting",
        go: () => void navigate({ to: "/settings", hash }),
      });
    }
    if (fits("Settings")) {
      top.push({
        icon: "gear",
        name: "Settings",
        note: "page",
        go: () => void navigate({ to: "/settings" }),
      });
    }
    return top;
  }, [
    asked,
    experiments.data,
    models.data,
    runs.data,
    versions.data,
    workspaces.data,
    settings.data,
    navigate,
  ]);
  const take = (target: Target | undefined) => {
    if (!target) return;
    onClose();
    target.go();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      yOffset="12vh"
      padding={8}
      transitionProps={{ duration: 0 }}
      aria-label="Go to"
    >
      <input
        className="field"
        style={{ width: "100%", fontSize: 15, minHeight: 36 }}
        role="combobox"
        aria-label="Go to"
        aria-expanded
        aria-controls="palette-targets"
        aria-activedescendant={`target-${picked}`}
        placeholder="Go to an experiment, run, model, version or setting"
        data-autofocus
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setPicked(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setPicked(Math.min(picked + 1, targets.length - 1));
          else if (event.key === "ArrowUp") setPicked(Math.max(picked - 1, 0));
          else if (event.key === "Enter") take(targets[picked]);
          else return;
          event.preventDefault();
        }}
      />
      <ul
        id="palette-targets"
        role="listbox"
        aria-label="Targets"
        style={{
          listStyle: "none",
          margin: "8px 0 0",
          padding: 0,
          maxHeight: 380,
          overflowY: "auto",
        }}
      >
        {targets.map((target, i) => (
          <li
            key={`${target.note} ${target.name} ${i}`}
            id={`target-${i}`}
            role="option"
            aria-selected={i === picked}
            className="row"
            style={{
              padding: "4px 8px",
              borderRadius: 4,
              cursor: "pointer",
              ...(i === picked ? { background: "var(--accent-ground)" } : {}),
            }}
            onMouseEnter={() => setPicked(i)}
            onClick={() => take(target)}
          >
            <Icon name={target.icon} />
            <span className="truncate grow">{target.name}</span>
            <span className="quiet">{target.note}</span>
          </li>
        ))}
      </ul>
      {targets.length === 0 && <p className="quiet">Nothing of this name.</p>}
    </Modal>
  );
}
