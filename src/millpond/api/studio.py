"""The studio's pages and files, in front of the native API.

One HTML page stands behind every address that a person can be at. It finds the server from its
``<base>``, which is told relative to the address asked for; so it works behind a proxy that takes
a prefix away, and nobody has to say which.
"""

import asyncio
import re
import secrets
from pathlib import Path

from millpond.api.dispatch import AsgiApp
from millpond.api.http import TEXT_HEADERS, Receive, Response, Scope, Send

# The first word of every address that a person can be at. The rest is the native API's.
PLACES = frozenset(
    "experiments runs compare models data workspaces settings endpoints jobs monitors".split()
)
_ASSET = re.compile(r"/(assets/[\w.-]+|favicon\.svg)")
_TYPES = {
    "js": b"text/javascript; charset=utf-8",
    "css": b"text/css; charset=utf-8",
    "svg": b"image/svg+xml",
    "json": b"application/json",
    "woff2": b"font/woff2",
    "wasm": b"application/wasm",
}
_FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")
_NOT_BUILT = (
    "The studio has not been built here. In a clone of the repository, run: make studio\n"
    "The API is described at docs, below this address.\n"
)


class Studio:
    """An ASGI application: the studio, and for all other paths the next application."""

    def __init__(self, pages: Path, next_app: AsgiApp, prefix: str = "") -> None:
        """pages: what the build wrote; prefix: what a proxy leaves before every path."""
        self._pages = pages
        self._next_app = next_app
        self._prefix = prefix.rstrip("/")
        # By path: as it is, and compressed. The names change with the content.
        self._files: dict[str, tuple[bytes, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = None
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            response = await self._answer(scope)
        if response is None:
            await self._next_app(scope, receive, send)
            return
        if scope["method"] == "HEAD" and isinstance(response.body, bytes):
            length = (b"content-length", b"%d" % len(response.body))
            response = Response(b"", response.status, [*response.headers, length])
        await response.send(send)

    async def _answer(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if path == self._prefix and path:
            # Without its slash a relative address would leave the prefix.
            place = self._prefix.rpartition("/")[2].encode() + b"/"
            return Response(b"", 308, [(b"location", place)])
        if path.split("/")[1] in PLACES or path == "/":
            return await self._page(scope)
        if found := _ASSET.fullmatch(path):
            return await self._asset(found[1], scope)
        return None

    async def _page(self, scope: Scope) -> Response:
        try:
            page = await asyncio.to_thread((self._pages / "index.html").read_text, "utf-8")
        except OSError:
            return Response(_NOT_BUILT.encode(), 503, TEXT_HEADERS)
        nonce = secrets.token_urlsafe(12)
        page = page.replace('<base href="./"', f'<base href="{self._way_up(scope)}"', 1)
        page = page.replace(
            'name="style-nonce" content=""', f'name="style-nonce" content="{nonce}"'
        )
        return Response(
            page.encode(),
            headers=[
                (b"content-type", b"text/html; charset=utf-8"),
                (b"cache-control", b"no-store"),
                (b"content-security-policy", content_security_policy(nonce)),
                (b"x-content-type-options", b"nosniff"),
                (b"referrer-policy", b"same-origin"),
                (b"cross-origin-opener-policy", b"same-origin"),
            ],
        )

    def _way_up(self, scope: Scope) -> str:
        """From the address asked for to the studio's root. A %2F in it is no step down."""
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        raw = raw.removeprefix(self._prefix.encode())
        return "../" * (raw.count(b"/") - 1) or "./"

    async def _asset(self, name: str, scope: Scope) -> Response | None:
        if name not in self._files:
            try:
                self._files[name] = await asyncio.to_thread(_read, self._pages / name)
            except OSError:
                return None
        plain, packed = self._files[name]
        headers = [
            (b"content-type", _TYPES.get(name.rpartition(".")[2], b"application/octet-stream")),
            (b"x-content-type-options", b"nosniff"),
            (b"vary", b"Accept-Encoding"),
            _FOR_EVER if name.startswith("assets/") else (b"cache-control", b"max-age=3600"),
        ]
        if packed and any(k == b"accept-encoding" and b"gzip" in v for k, v in scope["headers"]):
            return Response(packed, headers=[*headers, (b"content-encoding", b"gzip")])
        return Response(plain, headers=headers)


def content_security_policy(nonce: str) -> bytes:
    """Nothing from another host, no script but the studio's own files, no style but those and
    the ones it writes itself. What people logged is shown in frames that may do nothing."""
    return (
        "default-src 'none'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; media-src 'self' blob:; "
        "font-src 'self'; connect-src 'self'; frame-src 'self' blob:; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'none'"
    ).encode()


def _read(path: Path) -> tuple[bytes, bytes]:
    packed = path.with_name(path.name + ".gz")
    return path.read_bytes(), packed.read_bytes() if packed.is_file() else b""
