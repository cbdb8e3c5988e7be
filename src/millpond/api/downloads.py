"""Answering with a file: its headers, parts of it (RFC 9110 section 14), and 304."""

import asyncio
import mimetypes
import re
import unicodedata
from collections.abc import AsyncIterator
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import quote

from millpond.api.checksums import digest_headers, wants_digest
from millpond.api.http import TEXT_HEADERS, Request, Response
from millpond.artifacts.contract import ArtifactStore, OpenFile

# Shown as text in every browser and in the studio, whatever the type table says of them.
_TEXT_ENDINGS = frozenset(
    "txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv "
    "tsv md rst ipynb MLmodel MLproject mlproject".split()
)
# Python's own table, so that the answer is the same on every machine.
_TYPES = mimetypes.MimeTypes()

_ONE_RANGE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

_WHOLE = (0, None)


async def send_file(store: ArtifactStore, path: str, request: Request) -> Response:
    """The answer to GET or HEAD of a stored file. Raises DoesNotExist, InvalidParameter."""
    wanted = _range(request.header(b"range")) if request.method == "GET" else None
    file = await store.open(path, *(wanted or _WHOLE))
    try:
        if wanted and not _range_still_holds(request.header(b"if-range"), file):
            await file.aclose()
            wanted = None
            file = await store.open(path)
        headers = _file_headers(file)
        if _client_has_it(request, file):
            await file.aclose()
            return Response(status=304, headers=headers)
        if wanted and file.start >= file.end:
            await file.aclose()
            return Response(
                status=416,
                headers=[*TEXT_HEADERS, (b"content-range", b"bytes */%d" % file.size_bytes)],
            )
    except BaseException:
        await file.aclose()
        raise
    headers += _name_headers(path)
    if wants_digest(request):
        whole = await store.open(path)
        try:
            headers += await digest_headers(request, whole)
        finally:
            await whole.aclose()
    headers.append((b"content-length", b"%d" % (file.end - file.start)))
    if request.method == "HEAD":
        await file.aclose()
        return Response(headers=headers)
    if wanted:
        place = b"bytes %d-%d/%d" % (file.start, file.end - 1, file.size_bytes)
        return Response(_Sent(file, request), 206, [*headers, (b"content-range", place)])
    return Response(_Sent(file, request), 200, headers)


class _Sent:
    """The chunks of an open file, until its end or until nobody is there to take them."""

    def __init__(self, file: OpenFile, request: Request) -> None:
        self._file = file
        self._chunks = aiter(file)
        self._request = request
        self._gone: asyncio.Task[None] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await anext(self._chunks)
        if self._gone is None:
            # One chunk is the whole of most files; who takes more is watched.
            if self._file.end - self._file.start > len(chunk):
                self._gone = asyncio.create_task(self._request.wait_for_disconnect())
        elif self._gone.done():
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        if self._gone:
            self._gone.cancel()
        await self._file.aclose()


def content_type(name: str) -> str:
    """The type of a file by its name, as MLflow guesses it."""
    ending = name.rpartition(".")[2]
    if ending in _TEXT_ENDINGS:
        return "text/plain"
    return _TYPES.guess_type(name, strict=True)[0] or "application/octet-stream"


def content_disposition(name: str) -> str:
    """RFC 6266: an attachment, its name in ASCII and, if that loses something, in UTF-8 too."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or "download"
    if not _TOKEN.fullmatch(plain):
        escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
        plain = f'"{escaped}"'
    if name.isascii():
        return f"attachment; filename={plain}"
    return f"attachment; filename={plain}; filename*=UTF-8''{quote(name, safe='!#$&+-.^_`|~')}"


def _file_headers(file: OpenFile) -> list[tuple[bytes, bytes]]:
    """What stays true of the file when the answer is 304."""
    return [
        (b"etag", f'"{file.etag}"'.encode()),
        (b"last-modified", formatdate(file.modified_ms // 1000, usegmt=True).encode()),
        (b"cache-control", b"no-cache"),
    ]


def _name_headers(path: str) -> list[tuple[bytes, bytes]]:
    name = path.rpartition("/")[2]
    return [
        (b"content-type", content_type(name).encode()),
        (b"content-disposition", content_disposition(name).encode()),
        (b"accept-ranges", b"bytes"),
        # A page that somebody logged must never act as the person who looks at it.
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"sandbox; default-src 'none'"),
    ]


def _range(header: str | None) -> tuple[int, int | None] | None:
    """Start and end of the one range asked for, a negative start counting from the end.

    None, so that the whole file is sent, for no range, several, another unit or nonsense.
    """
    found = _ONE_RANGE.fullmatch(header) if header else None
    if not found:
        return None
    first, last = found.groups()
    # int() refuses more than 4300 digits; no file has a quintillion bytes.
    if not (first or last) or len(first) > 18 or len(last) > 18:
        return None
    if not first:
        # The last 0 bytes are no range at all: a start past every end.
        return (-int(last), None) if int(last) else (10**18, None)
    if not last:
        return int(first), None
    return (int(first), int(last) + 1) if int(first) <= int(last) else None


def _range_still_holds(header: str | None, file: OpenFile) -> bool:
    if header is None:
        return True
    if header.startswith(('"', "W/")):
        return header == f'"{file.etag}"'
    return _seconds(header) == file.modified_ms // 1000


def _client_has_it(request: Request, file: OpenFile) -> bool:
    if (tags := request.header(b"if-none-match")) is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in known or f'"{file.etag}"' in known
    if (date := request.header(b"if-modified-since")) is not None:
        since = _seconds(date)
        return since is not None and file.modified_ms // 1000 <= since
    return False


def _seconds(date: str) -> int | None:
    try:
        return int(parsedate_to_datetime(date).timestamp())
    except (ValueError, TypeError, OverflowError):
        return None
