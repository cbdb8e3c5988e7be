"""The outermost layer: who may call at all."""

from millpond.api.dispatch import AsgiApp
from millpond.api.errors import error_answer
from millpond.api.http import Receive, Scope, Send
from millpond.errors import PermissionDenied

ANY_HOST = "*"


class Edge:
    """Wraps the whole application.

    A page on another site can make a browser send requests to a server on this machine, by a name
    that it points here; so a request must call the server by a name it knows.
    """

    def __init__(self, app: AsgiApp, hosts: frozenset[str]) -> None:
        """hosts: the names, in small letters and without port, that requests may use."""
        self._app = app
        self._hosts = hosts
        # Host headers as they came, that were found good: nearly every request has the same one.
        self._known: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        host = _host(scope)
        if not self.allows(host):
            error = PermissionDenied(
                f"This server is not called {host.decode('latin-1')!r}. If it should be, start it "
                "with this name in the setting allowed_hosts."
            )
            await error_answer(error).send(send)
            return
        await self._app(scope, receive, send)

    def allows(self, host: bytes) -> bool:
        """Whether a request may come with this Host header."""
        if host in self._known:
            return True
        name = host.decode("latin-1").lower()
        # The port does not matter; an IPv6 address keeps its brackets.
        bare = name if name.endswith("]") else name.rpartition(":")[0] or name
        if ANY_HOST not in self._hosts and bare not in self._hosts and name not in self._hosts:
            return False
        if len(self._known) < 1000:
            self._known.add(host)
        return True


def _host(scope: Scope) -> bytes:
    for key, value in scope["headers"]:
        if key == b"host":
            return bytes(value)
    return b"localhost"
