"""From a path to its handler: exact paths in a dict, and the few that have variables."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

from millpond.api.errors import error_answer
from millpond.api.http import ClientDisconnected, Handler, Receive, Request, Response, Scope, Send
from millpond.errors import MethodNotAllowed

Route = tuple[str, str, Handler]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_VARIABLE = re.compile(r"\{(\w+)(:rest)?\}")


class RequestCounter:
    """How many requests were answered with a status of 2xx, 4xx, ..."""

    def __init__(self) -> None:
        self.by_class: Counter[int] = Counter()

    def count(self, status: int) -> None:
        self.by_class[status // 100] += 1


class Dispatcher:
    """An ASGI application of routes; what none of them has goes to the next application."""

    def __init__(
        self,
        routes: Iterable[Route],
        next_app: AsgiApp,
        requests: RequestCounter,
        prefix: str = "",
    ) -> None:
        """prefix: what a proxy leaves before every path, such as ``/millpond``."""
        self._requests = requests
        self._prefix = prefix.rstrip("/")
        self._next_app = next_app
        self._exact: dict[str, dict[str, Handler]] = {}
        self._patterns: list[tuple[str, re.Pattern[str], dict[str, Handler]]] = []
        for method, path, handler in routes:
            self._add(method, path, handler)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._next_app(scope, receive, send)
            return
        path: str = scope["path"]
        if self._prefix and path.startswith(self._prefix + "/"):
            path = path[len(self._prefix) :]
            scope = {**scope, "path": path}
        methods, path_params = self._find(path)
        if methods is None and "//" in path:
            # A tracking address that ends in a slash, put before a path that begins with one.
            path = re.sub("/+", "/", path)
            methods, path_params = self._find(path)
        if methods is None:
            await self._next_app(scope, receive, send)
            return
        request = Request(scope, receive, path, path_params)
        response = await _answer(request, methods)
        if response is not None:
            self._requests.count(response.status)
            await response.send(send)

    def _add(self, method: str, path: str, handler: Handler) -> None:
        if "{" not in path:
            self._exact.setdefault(path, {})[method] = handler
            return
        for known, _, methods in self._patterns:
            if known == path:
                methods[method] = handler
                return
        self._patterns.append((path, _compile(path), {method: handler}))

    def _find(self, path: str) -> tuple[dict[str, Handler] | None, dict[str, str]]:
        if methods := self._exact.get(path):
            return methods, {}
        return self._match(path)

    def _match(self, path: str) -> tuple[dict[str, Handler] | None, dict[str, str]]:
        for _, pattern, methods in self._patterns:
            if found := pattern.fullmatch(path):
                return methods, found.groupdict()
        return None, {}


async def _answer(request: Request, methods: dict[str, Handler]) -> Response | None:
    try:
        handler = methods.get(request.method)
        if handler is None:
            allowed = ", ".join(sorted(methods))
            raise MethodNotAllowed(
                f"{request.method} is not allowed for {request.path}; use {allowed}."
            )
        return await handler(request)
    except ClientDisconnected:
        return None
    except Exception as error:
        return error_answer(error)


def _compile(path: str) -> re.Pattern[str]:
    pattern = ""
    position = 0
    for variable in _VARIABLE.finditer(path):
        pattern += re.escape(path[position : variable.start()])
        name, rest = variable.groups()
        pattern += f"(?P<{name}>.*)" if rest else f"(?P<{name}>[^/]+)"
        position = variable.end()
    return re.compile(pattern + re.escape(path[position:]), re.DOTALL)
