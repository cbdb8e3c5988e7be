"""The wire table: every call of the MLflow protocol, and who answers it."""

from collections.abc import Awaitable, Callable

from millpond.api.dispatch import Route
from millpond.api.http import Request, Response
from millpond.api.mlflow.calls import answer
from millpond.api.mlflow.experiments import ExperimentCalls
from millpond.api.mlflow.histories import HistoryCalls
from millpond.api.mlflow.models import ModelCalls
from millpond.api.mlflow.registry import RegistryCalls
from millpond.api.mlflow.reviews import ReviewCalls
from millpond.api.mlflow.runs import RunCalls
from millpond.api.mlflow.webhooks import WebhookCalls
from millpond.api.registry import Registry
from millpond.api.waiting import StoreAccess

# Python and other clients call the first, web pages the second.
_ROOTS = ("/api", "/ajax-api")
_NOUNS: tuple[type[ExperimentCalls | RunCalls | HistoryCalls | ModelCalls], ...] = (
    ExperimentCalls,
    RunCalls,
    HistoryCalls,
    ModelCalls,
)


def mlflow_routes(
    access: StoreAccess, artifact_root: str, max_body_bytes: int, registry: Registry
) -> list[Route]:
    """All routes of the protocol's calls; see ``Calls`` for the arguments."""
    nouns = [
        *(noun(access, artifact_root, max_body_bytes) for noun in _NOUNS),
        RegistryCalls(access, artifact_root, max_body_bytes, registry),
        ReviewCalls(access, artifact_root, max_body_bytes, registry),
        WebhookCalls(access, artifact_root, max_body_bytes, registry),
    ]
    routes: list[Route] = []
    for root in _ROOTS:
        for noun in nouns:
            for method, path, handler in noun.calls():
                routes.append((method, f"{root}/2.0/mlflow/{path}", handler))
    return routes


class ServerInfo:
    """What newer clients ask before they use what older servers lack."""

    def __init__(self, sends_files_past: Callable[[], Awaitable[bool]]) -> None:
        """sends_files_past: whether clients should send large files to the store themselves."""
        self._sends_files_past = sends_files_past

    def routes(self) -> list[Route]:
        return [("GET", f"{root}/3.0/mlflow/server-info", self.show) for root in _ROOTS]

    async def show(self, request: Request) -> Response:
        in_parts = await self._sends_files_past()
        return answer(
            {
                "store_type": "SqlStore",
                "workspaces_enabled": False,
                "trace_archival_enabled": False,
                "multipart_uploads_enabled": in_parts,
                "multipart_downloads_enabled": in_parts,
                "presigned_upload_run_id_supported": False,
                "presigned_upload_model_id_supported": False,
                "features_enabled": {"gateway": False},
            }
        )
