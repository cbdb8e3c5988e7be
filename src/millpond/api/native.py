"""The native API below ``/api/v1``, and its reference at ``/docs``.

What the MLflow protocol has no call for: asking a server what it is, which workspaces it has, and
whether a filter is right before it is sent; charts and tables of many runs at once.
"""

from typing import Any, Literal

from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.params import JSONBody
from msgspec import Struct

from millpond import __version__
from millpond.api.charts import chart_handlers
from millpond.api.columns import column_handlers
from millpond.api.datastores import datastore_handlers
from millpond.api.errors import STATUS, error_body
from millpond.api.files import Files
from millpond.api.live import LiveTails
from millpond.api.model_calls import ModelCalls
from millpond.api.models import model_handlers
from millpond.api.reference_page import reference_page
from millpond.api.registry import Registry
from millpond.api.scoring import scoring_handlers
from millpond.api.scoring_jobs import ScoringJobs
from millpond.api.waiting import StoreAccess
from millpond.api.workspaces import workspace_handlers
from millpond.domain.filters import (
    EXPERIMENTS,
    LOGGED_MODELS,
    MODEL_VERSIONS,
    REGISTERED_MODELS,
    RUNS,
    parse_filter,
    parse_order_by,
    unparse,
)
from millpond.errors import (
    EndpointNotFound,
    InvalidParameter,
    MethodNotAllowed,
    MillpondError,
)
from millpond.settings import SECRETS, Settings, describe

_SCHEMAS = {
    "runs": RUNS,
    "experiments": EXPERIMENTS,
    "logged-models": LOGGED_MODELS,
    "registered-models": REGISTERED_MODELS,
    "model-versions": MODEL_VERSIONS,
}


class Server(Struct):
    """What this server is."""

    version: str
    protocol: str
    engine: str
    data_dir: str
    max_body_bytes: int


class SettingAnswer(Struct):
    """A setting of the server; the value of one that holds a password or a key is never told."""

    name: str
    environment: str
    meaning: str
    default: str | None
    value: str | None
    is_changed: bool


class FilterCheck(Struct):
    """A filter, and orderings, to be checked without searching."""

    search: Literal["runs", "experiments", "logged-models", "registered-models", "model-versions"]
    filter: str = ""
    order_by: list[str] = []


class FilterReading(Struct):
    """How the server reads a filter: the same in its plainest form, empty for no filter."""

    filter: str
    order_by: list[str]


def build(
    access: StoreAccess,
    settings: Settings,
    tails: LiveTails,
    files: Files,
    registry: Registry,
    scoring: ScoringJobs,
) -> Litestar:
    """The ASGI application of the native API."""

    @get("/api/v1/server", summary="Describe the server", sync_to_thread=False)
    def describe_server() -> Server:
        """Version, engine and limits of this server."""
        return Server(
            version=__version__,
            protocol="mlflow 2.0, 3.0",
            engine="postgresql" if settings.store_url else "sqlite",
            data_dir=str(settings.data_dir),
            max_body_bytes=settings.max_body_bytes,
        )

    @get("/api/v1/settings", summary="List the server's settings", sync_to_thread=False)
    def list_settings() -> list[SettingAnswer]:
        """Every setting with what it does and what it is; they are changed where it is started."""
        return [_setting_answer(settings, *described) for described in describe()]

    @post("/api/v1/filters/check", summary="Check a filter", status_code=200, sync_to_thread=False)
    def check_filter(data: JSONBody[FilterCheck]) -> FilterReading:
        """Read a search filter and its orderings; a bad one is answered 400, pointing at it."""
        schema = _SCHEMAS[data.search]
        node = parse_filter(data.filter, schema)
        orders = parse_order_by(data.order_by, schema)
        return FilterReading(
            filter="" if node is None else unparse(node),
            order_by=[
                f"{order.field.entity.value}.{order.field.key} "
                f"{'ASC' if order.ascending else 'DESC'}"
                for order in orders
            ],
        )

    @get("/docs", include_in_schema=False, media_type=MediaType.HTML, sync_to_thread=False)
    def show_reference(request: Request[Any, Any, Any]) -> str:
        return reference_page(request.app.openapi_schema.to_schema())

    @get("/docs/openapi.json", include_in_schema=False, sync_to_thread=False)
    def get_openapi(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return request.app.openapi_schema.to_schema()

    return Litestar(
        route_handlers=[
            describe_server,
            list_settings,
            check_filter,
            *chart_handlers(access, tails),
            *column_handlers(access),
            *datastore_handlers(files),
            *model_handlers(ModelCalls(access, registry)),
            *scoring_handlers(scoring, settings.url_prefix),
            *workspace_handlers(access),
            show_reference,
            get_openapi,
        ],
        openapi_config=OpenAPIConfig(
            title="Millpond", version=__version__, path="/docs/internal", render_plugins=[]
        ),
        exception_handlers={
            MillpondError: _answer_error,
            HTTPException: _answer_http_error,
        },
        logging_config=None,
    )


def _setting_answer(
    settings: Settings, name: str, environment: str, default: Any, meaning: str
) -> SettingAnswer:
    value = getattr(settings, name)
    told = None if name in SECRETS else _shown(value)
    return SettingAnswer(name, environment, meaning, _shown(default), told, value != default)


def _shown(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None or value == "" else str(value)


def _answer_error(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    assert isinstance(error, MillpondError)
    return Response(
        error_body(error),
        status_code=STATUS[error.error_code],
        media_type=MediaType.JSON,
    )


def _answer_http_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's own errors in the form of all others."""
    assert isinstance(error, HTTPException)
    told: MillpondError
    if error.status_code == 404:
        told = EndpointNotFound(f"No endpoint {request.method} {request.url.path}.")
    elif error.status_code == 405:
        told = MethodNotAllowed(f"{request.method} is not allowed for {request.url.path}.")
    elif error.status_code < 500:
        told = InvalidParameter(_detail(error))
    else:
        told = MillpondError("The server failed on this request; its log has the cause.")
    return _answer_error(request, told)


def _detail(error: HTTPException) -> str:
    extra = getattr(error, "extra", None)
    if isinstance(extra, list):
        return "; ".join(f"{e.get('key', 'body')}: {e.get('message')}" for e in extra)
    return error.detail
