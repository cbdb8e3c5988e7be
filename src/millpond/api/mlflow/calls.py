"""What every call of the protocol does: decode, ask the store or have it act, answer."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from millpond.api.http import JSON_HEADERS, Request, Response
from millpond.api.waiting import StoreAccess
from millpond.errors import FeatureDisabled, InvalidParameter
from millpond.store.contract import DEFAULT_WORKSPACE, Reader, Transaction
from millpond.wire.messages import Message, decode, decode_query

T = TypeVar("T")
M = TypeVar("M", bound=Message)

# Most calls are answered so, and making it anew each time would be a good part of their cost.
EMPTY_ANSWER = Response(b"{}", headers=[*JSON_HEADERS, (b"content-length", b"2")])
EMPTY_ANSWER.encoded = EMPTY_ANSWER.encode(keep_alive=True)

_encode = msgspec.json.Encoder().encode


class Calls:
    """The handlers of one noun's calls, and what they need."""

    def __init__(self, access: StoreAccess, artifact_root: str, max_body_bytes: int) -> None:
        """artifact_root: where experiments that name no place keep their artifacts.

        max_body_bytes: the largest request that is read.
        """
        self._access = access
        self._artifact_root = artifact_root
        self._max_body_bytes = max_body_bytes
        self._random = random.Random()

    async def _message(self, request: Request, message_type: type[M]) -> M:
        if request.method == "GET" and request.query:
            return decode_query(message_type, request.query)
        # A GET without a query may have its fields in a body, as a POST has them.
        return decode(message_type, await self._body(request))

    async def _body(self, request: Request) -> bytes:
        body = await request.body(self._max_body_bytes)
        if request.method == "POST":
            _check_content_type(request.header(b"content-type"))
        return body

    async def _read(self, request: Request, question: Callable[[Reader], T]) -> T:
        return await self._access.read(workspace_of(request), question)

    async def _write(
        self, request: Request, action: Callable[[Transaction], T], size_bytes: int = 256
    ) -> T:
        return await self._access.write(workspace_of(request), action, size_bytes)

    def _now_ms(self) -> int:
        return time.time_ns() // 1_000_000


def workspace_of(request: Request) -> str:
    """The workspace a request is about. Raises FeatureDisabled while there is only one."""
    name = request.header(b"x-mlflow-workspace")
    if name and name != DEFAULT_WORKSPACE:
        raise FeatureDisabled(
            f"This server has no workspaces but '{DEFAULT_WORKSPACE}', and the request asks for "
            f"'{name}'. Remove the X-MLFLOW-WORKSPACE header."
        )
    return DEFAULT_WORKSPACE


def answer(content: dict[str, Any]) -> Response:
    return Response(_encode(content))


def page_answer(name: str, items: list[Any], next_token: str | None) -> Response:
    """An answer of some rows; an empty list is left out, as protobuf leaves it out."""
    content: dict[str, Any] = {}
    if items:
        content[name] = items
    if next_token:
        content["next_page_token"] = next_token
    return answer(content)


def page_size(asked: int, limit: int) -> int:
    """The page size that was asked for. Raises InvalidParameter unless it is 1 to ``limit``."""
    if asked < 1:
        raise bad_page_size(asked)
    if asked > limit:
        raise InvalidParameter(
            f"Invalid value {asked} for parameter 'max_results' supplied. "
            f"It must be at most {limit}"
        )
    return asked


def bad_page_size(asked: int, end: str = "") -> InvalidParameter:
    return InvalidParameter(
        f"Invalid value {asked} for parameter 'max_results' supplied. "
        f"It must be a positive integer{end}"
    )


def _check_content_type(content_type: str | None) -> None:
    if content_type == "application/json":
        return
    if content_type is None:
        raise InvalidParameter("Bad Request. Content-Type header is missing.")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise InvalidParameter("Bad Request. Content-Type must be one of ['application/json'].")
