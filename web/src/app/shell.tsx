import { useMantineColorScheme } from "@mantine/core";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { Icon, type IconName } from "@/components/ui/icon";
import { EmptyState } from "@/components/ui/states";
import { WorkspaceSwitcher } from "./workspace-switcher";

const Palette = lazy(() => import("./palette"));
const Help = lazy(() => import("./help"));

export const PLACES: [to: string, icon: IconName, name: string][] = [
  ["/experiments", "flask", "Experiments"],
  ["/models", "box", "Models"],
  ["/data", "data", "Data"],
  ["/endpoints", "link", "Endpoints"],
  ["/jobs", "play", "Jobs"],
  ["/monitors", "chart", "Monitors"],
];

/** What stands around every page: the rail, and what a key opens. */
export function Shell() {
  const [open, setOpen] = useState<"palette" | "help" | null>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test((event.target as HTMLElement).tagName);
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setOpen((before) => (before === "palette" ? null : "palette"));
      } else if (event.key === "?" && !isTyping) setOpen("help");
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <div className="shell">
      <Rail onSearch={() => setOpen("palette")} onHelp={() => setOpen("help")} />
      <main className="page">
        <Outlet />
      </main>
      <Suspense>
        {open === "palette" && <Palette onClose={() => setOpen(null)} />}
        {open === "help" && <Help onClose={() => setOpen(null)} />}
      </Suspense>
    </div>
  );
}

function Rail({ onSearch, onHelp }: { onSearch: () => void; onHelp: () => void }) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const isDark =
    colorScheme === "dark" ||
    (colorScheme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  const isIn = (to: string) =>
    path.startsWith(to) || (to === "/experiments" && /^\/(runs|compare)/.test(path));
  return (
    <nav className="rail" aria-label="Places">
      <Link to="/experiments" className="brand">
        Millpond
      </Link>
      <WorkspaceSwitcher />
      {PLACES.map(([to, icon, name]) => (
        <Link
          key={to}
          to={to}
          className={isIn(to) ? "here" : ""}
          aria-current={isIn(to) ? "page" : undefined}
        >
          <Icon name={icon} /> {name}
        </Link>
      ))}
      <div className="bottom">
        <button type="button" onClick={onSearch}>
          <Icon name="search" /> Go to <kbd className="wide">Ctrl K</kbd>
        </button>
        <button type="button" onClick={onHelp}>
          <Icon name="keyboard" /> Keys <kbd className="wide">?</kbd>
        </button>
        <button type="button" onClick={() => setColorScheme(isDark ? "light" : "dark")}>
          <Icon name={isDark ? "sun" : "moon"} /> {isDark ? "Light" : "Dark"}
        </button>
        <Link to="/settings">
          <Icon name="gear" /> Settings
        </Link>
      </div>
    </nav>
  );
}

/** The head of a page: where it is, and what can be done there. */
export function PageBar({ crumbs, children }: { crumbs: ReactNode[]; children?: ReactNode }) {
  return (
    <header className="bar">
      <nav className="crumbs" aria-label="Breadcrumbs">
        {crumbs.map((crumb, i) => (
          <span key={i} className="truncate">
            {crumb}
          </span>
        ))}
      </nav>
      {children}
    </header>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Millpond` : "Millpond";
  }, [title]);
}

export function NotFound() {
  useTitle("Not found");
  return (
    <EmptyState title="There is no such page">
      <p>
        <Link to="/experiments">All experiments</Link>
      </p>
    </EmptyState>
  );
}
