"""A server of Millpond over HTTP: questions, answers, and what happens when the line drops."""

import base64
import contextlib
import http.client
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from millpond import errors
from millpond.errors import MillpondError, Unavailable

T = TypeVar("T")

BLOCK_BYTES = 1 << 20
_ANSWER_LIMIT_S = 120.0
_MOST_ATTEMPTS = 5
_FIRST_PAUSE_S = 0.2
_DROPPED = (http.client.HTTPException, OSError)

_CLASSES: Mapping[str, type[MillpondError]] = {
    cls.error_code: cls
    for cls in vars(errors).values()
    if isinstance(cls, type) and issubclass(cls, MillpondError)
}


class Dropped(Exception):
    """The connection ended before the answer did."""


class Answer:
    """One answer; reading raises Dropped where the line does."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers = response.headers

    def read(self, most_bytes: int | None = None) -> bytes:
        """The rest, or so much of it at most; nothing at its end. Raises Dropped."""
        try:
            data = self._response.read(most_bytes)
        except _DROPPED as error:
            raise Dropped(_words(error)) from error
        if not data and self._response.length:
            raise Dropped("the answer was cut off")
        return data

    @property
    def is_whole(self) -> bool:
        """Whether all of it was read, so that the line can be used again."""
        return self._response.isclosed()


class Connection:
    """The way to one server. Threads may share it; it keeps as many lines as are used at once."""

    def __init__(self, url: str, environ: Mapping[str, str] = os.environ) -> None:
        """url: as in ``mlflow.set_tracking_uri``. Name and password, or a token, are MLflow's too:
        MLFLOW_TRACKING_USERNAME and _PASSWORD, MLFLOW_TRACKING_TOKEN."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise errors.InvalidParameter(
                f"'{url}' is no address of a server: write http://host:port."
            )
        self.url = url.rstrip("/")
        self._is_secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._headers = _sign_in(parts.username, parts.password, environ)
        self._idle: LifoQueue[http.client.HTTPConnection] = LifoQueue()

    def close(self) -> None:
        """Close the lines that nobody uses. The next question opens one again."""
        while (line := self._take_idle()) is not None:
            line.close()

    def ask(self, method: str, path: str, query: Mapping[str, str] = {}, body: Any = None) -> Any:
        """What the server says, decoded. Raises the error of its code."""
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}

        def once() -> Any:
            with self.answer(method, path, query, data, headers) as answer:
                said = answer.read()
                return json.loads(said) if said else None

        def for_once() -> Any:
            # A line that was idle may be gone without a sign; a new one is not.
            self.close()
            try:
                return once()
            except Dropped as error:
                # Asked again, the server might do it twice.
                raise MillpondError(f"The server did not answer: {error}.") from error

        return with_patience(for_once if method == "POST" else once)

    @contextmanager
    def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] = {},
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] = {},
    ) -> Iterator["Answer"]:
        """The answer to one request, to be read. Raises the error of its code, and Dropped."""
        line = self._take_idle() or self._open()
        target = f"{self._prefix}{path}" + (f"?{urlencode(query)}" if query else "")
        is_whole = False
        try:
            try:
                # Refused before all was sent: the answer may be there already.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    line.request(method, target, body, {**self._headers, **headers})
                answer = Answer(line.getresponse())
            except _DROPPED as error:
                raise Dropped(_words(error)) from error
            if answer.status >= 400:
                raise _error(answer.status, answer.read())
            yield answer
            is_whole = answer.is_whole
        finally:
            if is_whole:
                self._idle.put(line)
            else:
                line.close()

    def _take_idle(self) -> http.client.HTTPConnection | None:
        try:
            return self._idle.get_nowait()
        except Empty:
            return None

    def _open(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._is_secure else http.client.HTTPConnection
        return kind(self._host, self._port, timeout=_ANSWER_LIMIT_S, blocksize=BLOCK_BYTES)


def with_patience(work: Callable[[], T]) -> T:
    """What the work returns, tried again while the line drops or the server is busy.

    The work may be done twice, so it must not matter. Raises Unavailable in the end.
    """
    pause_s = _FIRST_PAUSE_S
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        try:
            return work()
        except Dropped as error:
            if attempt == _MOST_ATTEMPTS:
                raise Unavailable(f"The server does not answer: {error}.") from error
        except (Unavailable, errors.Overloaded):
            if attempt == _MOST_ATTEMPTS:
                raise
        time.sleep(pause_s)
        pause_s *= 2
    raise AssertionError("the last attempt returns or raises")


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


def _error(status: int, body: bytes) -> MillpondError:
    try:
        said = json.loads(body)
        code, message = str(said["error_code"]), str(said["message"])
    except (ValueError, TypeError, KeyError):
        code, message = "", body.decode("utf-8", "replace")[:200]
    if code not in _CLASSES and status in (429, 502, 503, 504):
        return Unavailable(f"The server, or a proxy before it, answers {status}: {message}")
    kind = _CLASSES.get(code, errors.DoesNotExist if status == 404 else MillpondError)
    return kind(message or f"The server answers {status}.")


def _sign_in(user: str | None, password: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    user = user or environ.get("MLFLOW_TRACKING_USERNAME")
    password = password or environ.get("MLFLOW_TRACKING_PASSWORD")
    if user and password:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    if token := environ.get("MLFLOW_TRACKING_TOKEN"):
        return {"Authorization": f"Bearer {token}"}
    return {}
