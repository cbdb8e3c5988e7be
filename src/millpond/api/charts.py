"""Charts: many series at once, as they are and as they come."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, HeaderParameter, JSONBody, QueryParameter
from litestar.response import Stream

from millpond import __version__
from millpond.api.live import LiveTails, decode_cursor, encode_cursor
from millpond.api.waiting import StoreAccess
from millpond.domain.charts import MAX_SERIES, ChartAxis, Frame, SeriesName
from millpond.store.contract import DEFAULT_WORKSPACE, Reader
from millpond.tracking.charts import Chart, draw_lines, prepare
from millpond.wire.charts import (
    ChartAnswer,
    ChartRequest,
    chart_answer,
    chart_bytes,
    names_of,
    series_ref,
)
from millpond.wire.columns import MEDIA_TYPE

CURSOR_HEADER = "Millpond-Cursor"
_JSON = "application/json"
_ANY = Request[Any, Any, Any]
_encode = msgspec.json.Encoder().encode

ValueType = Literal["float64", "float32"]
RunIds = Annotated[list[str] | None, QueryParameter(name="run_id", description="Runs by their id.")]
Keys = Annotated[list[str] | None, QueryParameter(name="key", description="Metrics of every run.")]
Pairs = Annotated[
    list[str] | None,
    QueryParameter(name="series", description="Series one by one, each as RUN_ID:KEY."),
]
XMin = Annotated[int | None, QueryParameter(description="The left end of x; it belongs to it.")]
XMax = Annotated[int | None, QueryParameter(description="The right end of x; it belongs to it.")]
Width = Annotated[int, QueryParameter(description="How many pixels wide the chart is, 1 to 16384.")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        description=f"Where to begin: the {CURSOR_HEADER} of a chart. Without it, at what comes "
        "from now on. A Last-Event-ID header counts before it."
    ),
]
LastEventId = Annotated[
    str | None, HeaderParameter(name="Last-Event-ID", description="The id of the last event seen.")
]
_SENT = {
    200: ResponseSpec(
        data_container=ChartAnswer,
        description=f"The series in the order they were asked for; {MEDIA_TYPE} if Accept names "
        "it, which docs/reference/binary-columns.md describes. ETag and "
        f"{CURSOR_HEADER} are in the headers.",
        generate_examples=False,
    ),
    304: ResponseSpec(
        data_container=None,
        description="No series has changed since the ETag in If-None-Match was given.",
        generate_examples=False,
    ),
}


def chart_handlers(access: StoreAccess, tails: LiveTails) -> list[HTTPRouteHandler]:
    """The handlers of ``/api/v1/charts``."""

    @get(
        "/api/v1/charts",
        summary="Draw series",
        responses=_SENT,
        description=f"What to draw of up to {MAX_SERIES} series so that no spike is lost. The URL "
        "is the whole question, so a cache can keep the answer; for more series than a URL holds "
        "there is POST.",
    )
    async def get_chart(
        request: _ANY,
        run_ids: RunIds = None,
        keys: Keys = None,
        series: Pairs = None,
        x: FromQuery[ChartAxis] = ChartAxis.STEP,
        x_min: XMin = None,
        x_max: XMax = None,
        width: Width = 1_000,
        values: FromQuery[ValueType] = "float64",
    ) -> Response[bytes]:
        asked = ChartRequest(
            [series_ref(text) for text in series or []],
            run_ids or [],
            keys or [],
            x,
            x_min,
            x_max,
            width,
            values,
        )
        return await _chart(access, request, asked)

    @post(
        "/api/v1/charts",
        summary="Draw many series",
        status_code=200,
        responses=_SENT,
        description="The same as GET, with the question in the body. If-None-Match is answered "
        "here too.",
    )
    async def post_chart(request: _ANY, data: JSONBody[ChartRequest]) -> Response[bytes]:
        return await _chart(access, request, data)

    @get(
        "/api/v1/charts/live",
        summary="Follow series",
        media_type="text/event-stream",
        description="New points of the series as server-sent events, soon after they are "
        'committed. The data of a `points` event is like `{"series": [{"run_id", "key", '
        '"steps", "timestamps", "values"}]}`; its id is the cursor behind it. A `reset` event ends '
        "the stream: the cursor is too old to know what is new, so the chart must be asked for "
        "again.",
    )
    async def follow_series(
        run_ids: RunIds = None,
        keys: Keys = None,
        series: Pairs = None,
        cursor: Cursor = None,
        last_event_id: LastEventId = None,
    ) -> Stream:
        names = names_of([series_ref(text) for text in series or []], run_ids or [], keys or [])
        known = last_event_id or cursor
        position = decode_cursor(known) if known else await tails.log_end()
        return Stream(
            _events(tails, names, position),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return [get_chart, post_chart, follow_series]


async def _events(tails: LiveTails, names: list[SeriesName], position: int) -> AsyncIterator[bytes]:
    async for event in tails.events(names, position):
        yield event


async def _chart(access: StoreAccess, request: _ANY, asked: ChartRequest) -> Response[bytes]:
    names, frame = asked.names(), asked.frame()
    is_binary = wants_columns(request)
    form = f"{__version__} {asked.values} {is_binary}"
    known = request.headers.get("if-none-match", "")

    def question(reader: Reader) -> tuple[Chart, bytes | None]:
        chart = prepare(reader, names, frame, form)
        if is_known(known, chart.fingerprint):
            return chart, None
        return chart, _body(reader, chart, frame, asked.values, is_binary)

    chart, body = await access.read(DEFAULT_WORKSPACE, question)
    headers = {
        "ETag": f'"{chart.fingerprint}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Accept",
        CURSOR_HEADER: encode_cursor(chart.log_end),
    }
    return binary_or_json(body, headers, is_binary)


def _body(reader: Reader, chart: Chart, frame: Frame, values: str, is_binary: bool) -> bytes:
    lines = draw_lines(reader, chart)
    if is_binary:
        return chart_bytes(lines, frame, values)
    return _encode(chart_answer(lines, frame, values))


def wants_columns(request: _ANY) -> bool:
    """Whether the client asks for binary columns by name; everyone else has JSON."""
    return MEDIA_TYPE in request.headers.get("accept", "")


def is_known(if_none_match: str, fingerprint: str) -> bool:
    """Whether an If-None-Match header has this ETag, weak or strong."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return f'"{fingerprint}"' in tags or tags == ["*"]


def binary_or_json(body: bytes | None, headers: dict[str, str], is_binary: bool) -> Response[bytes]:
    """The answer; 304 if there is no body."""
    if body is None:
        return Response(b"", status_code=304, headers=headers)
    return Response(body, media_type=MEDIA_TYPE if is_binary else _JSON, headers=headers)
