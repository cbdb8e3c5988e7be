import { createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import { ErrorState } from "@/components/ui/states";
import { readCompareView } from "@/features/compare/view";
import { experimentQuery } from "@/features/experiments/api/get-experiment";
import { fetchRun } from "@/features/runs/api/get-run";
import { firstRunsQueries } from "@/features/runs/use-run-table";
import { type RunsView, readView } from "@/features/runs/view";
import { root } from "@/lib/http";
import { queryClient } from "@/lib/query-client";
import { ExperimentsPage } from "./pages/experiments-page";
import { ExperimentPage, ManyExperimentsPage } from "./pages/workbench-page";
import { readRunSearch } from "./run-search";
import { NotFound, Shell } from "./shell";

const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: ({ error }) => <ErrorState error={error} />,
});

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);
export const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(String) : value === undefined ? [] : [String(value)];

const home = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/experiments" });
  },
});

const experiments = createRoute({
  getParentRoute: () => rootRoute,
  path: "/experiments",
  validateSearch: (search: Record<string, unknown>): { q?: string; state?: "deleted" } => ({
    q: text(search.q),
    state: search.state === "deleted" ? "deleted" : undefined,
  }),
  component: ExperimentsPage,
});

const experiment = createRoute({
  getParentRoute: () => rootRoute,
  path: "/experiments/$experimentId",
  validateSearch: readView,
  beforeLoad: ({ params, search, cause }) => {
    if (cause !== "stay") askAhead(params.experimentId, search);
  },
  component: ExperimentPage,
});

/** The server works while the page is made; and already when the pointer is on a link to it. */
function askAhead(experimentId: string, view: RunsView): void {
  const { first, latest } = firstRunsQueries([experimentId], view);
  void queryClient.prefetchQuery(first);
  void queryClient.prefetchQuery(latest);
  void queryClient.prefetchQuery(experimentQuery(experimentId));
}

const runsOfMany = createRoute({
  getParentRoute: () => rootRoute,
  path: "/runs",
  validateSearch: (search: Record<string, unknown>) => ({
    ...readView(search),
    experiments: texts(search.experiments),
  }),
  component: ManyExperimentsPage,
});

const run = createRoute({
  getParentRoute: () => rootRoute,
  path: "/experiments/$experimentId/runs/$runId",
  validateSearch: readRunSearch,
}).lazy(() => import("./pages/run-page").then((page) => page.route));

/** A run by its id alone: on to its page, below its experiment. */
const anyRun = createRoute({
  getParentRoute: () => rootRoute,
  path: "/runs/$runId",
  beforeLoad: async ({ params: { runId } }) => {
    const { info } = await fetchRun(runId);
    throw redirect({
      to: "/experiments/$experimentId/runs/$runId",
      params: { experimentId: info.experiment_id, runId },
      replace: true,
    });
  },
});

const compare = createRoute({
  getParentRoute: () => rootRoute,
  path: "/compare",
  validateSearch: readCompareView,
}).lazy(() => import("./pages/compare-page").then((page) => page.route));

const models = createRoute({
  getParentRoute: () => rootRoute,
  path: "/models",
  validateSearch: (search: Record<string, unknown>): { q?: string } => ({ q: text(search.q) }),
}).lazy(() => import("./pages/models-page").then((page) => page.route));

const model = createRoute({
  getParentRoute: () => rootRoute,
  path: "/models/$name",
  validateSearch: (search: Record<string, unknown>): { compare?: string[] } => ({
    compare: search.compare === undefined ? undefined : texts(search.compare),
  }),
}).lazy(() => import("./pages/model-page").then((page) => page.route));

const version = createRoute({
  getParentRoute: () => rootRoute,
  path: "/models/$name/versions/$version",
}).lazy(() => import("./pages/version-page").then((page) => page.route));

const data = createRoute({
  getParentRoute: () => rootRoute,
  path: "/data",
  validateSearch: (search: Record<string, unknown>): { store?: string; file?: string } => ({
    store: text(search.store),
    file: text(search.file),
  }),
}).lazy(() => import("./pages/data-page").then((page) => page.route));

const settings = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings",
}).lazy(() => import("./pages/settings-page").then((page) => page.route));

const webhooks = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings/webhooks",
}).lazy(() => import("./pages/webhooks-page").then((page) => page.route));

const workspace = createRoute({
  getParentRoute: () => rootRoute,
  path: "/workspaces/$workspace",
}).lazy(() => import("./pages/workspace-page").then((page) => page.route));

const endpoints = createRoute({
  getParentRoute: () => rootRoute,
  path: "/endpoints",
}).lazy(() => import("./pages/later-pages").then((page) => page.endpointsRoute));

const jobs = createRoute({
  getParentRoute: () => rootRoute,
  path: "/jobs",
}).lazy(() => import("./pages/later-pages").then((page) => page.jobsRoute));

const monitors = createRoute({
  getParentRoute: () => rootRoute,
  path: "/monitors",
}).lazy(() => import("./pages/later-pages").then((page) => page.monitorsRoute));

const routeTree = rootRoute.addChildren([
  home,
  experiments,
  experiment,
  runsOfMany,
  run,
  anyRun,
  compare,
  models,
  model,
  version,
  data,
  settings,
  webhooks,
  workspace,
  endpoints,
  jobs,
  monitors,
]);

export const router = createRouter({
  routeTree,
  basepath: root.pathname,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
