"""Workspaces over the native API: which there are, and what is in one."""

from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter
from msgspec import Struct

from millpond.api.waiting import StoreAccess
from millpond.errors import DoesNotExist

Name = Annotated[str, PathParameter(description="The workspace's name.")]


class Workspace(Struct):
    """A workspace by its name."""

    name: str


class ExperimentRuns(Struct):
    """How many runs an experiment has, and when the latest of them, deleted or not, began."""

    experiment_id: str
    active_runs: int
    deleted_runs: int
    last_start_ms: int


def workspace_handlers(access: StoreAccess) -> list[HTTPRouteHandler]:
    """The handlers of ``/api/v1/workspaces``."""

    def require(name: str) -> str:
        if name not in access.store.workspaces():
            raise DoesNotExist(f"Workspace '{name}' not found")
        return name

    @get("/api/v1/workspaces", summary="List workspaces", sync_to_thread=False)
    def list_workspaces() -> list[Workspace]:
        """All workspaces, by name."""
        return [Workspace(name) for name in access.store.workspaces()]

    @get("/api/v1/workspaces/{name:str}", summary="Get a workspace", sync_to_thread=False)
    def get_workspace(name: Name) -> Workspace:
        """One workspace; 404 if there is none of this name."""
        return Workspace(require(name))

    @get("/api/v1/workspaces/{name:str}/runs", summary="Count the runs of experiments")
    async def count_runs(name: Name) -> list[ExperimentRuns]:
        """The runs of every experiment that has any, by experiment."""
        counts = await access.read(require(name), lambda reader: reader.run_counts())
        return [
            ExperimentRuns(str(one.experiment_id), one.active, one.deleted, one.last_start_ms)
            for one in counts
        ]

    return [list_workspaces, get_workspace, count_runs]
