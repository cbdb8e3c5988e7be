"""What operators and load balancers ask: is it up, which version, how is it doing."""

from millpond import __version__
from millpond.api.dispatch import RequestCounter, Route
from millpond.api.http import TEXT_HEADERS, Request, Response
from millpond.store.contract import Store

_METRICS_HEADERS = [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8")]


class HealthRoutes:
    """``/health`` and ``/version`` as MLflow's server has them, ``/metrics`` for Prometheus."""

    def __init__(self, store: Store, requests: RequestCounter) -> None:
        self._store = store
        self._requests = requests

    def routes(self) -> list[Route]:
        return [
            ("GET", "/health", self.health),
            ("HEAD", "/health", self.health),
            ("GET", "/version", self.version),
            ("GET", "/metrics", self.metrics),
        ]

    async def health(self, request: Request) -> Response:
        return Response(b"OK", headers=TEXT_HEADERS)

    async def version(self, request: Request) -> Response:
        return Response(__version__.encode(), headers=TEXT_HEADERS)

    async def metrics(self, request: Request) -> Response:
        """Counters in Prometheus' text format."""
        lines = [
            "# HELP millpond_info The running version.",
            "# TYPE millpond_info gauge",
            f'millpond_info{{version="{__version__}"}} 1',
            "# HELP millpond_requests_total Requests answered, by status class.",
            "# TYPE millpond_requests_total counter",
        ]
        for status_class, count in sorted(self._requests.by_class.items()):
            lines.append(f'millpond_requests_total{{status="{status_class}xx"}} {count}')
        for name, value in self._store.statistics().items():
            kind = "counter" if name.endswith("_total") else "gauge"
            lines.append(f"# TYPE millpond_store_{name} {kind}")
            lines.append(f"millpond_store_{name} {value}")
        return Response("\n".join([*lines, ""]).encode(), headers=_METRICS_HEADERS)
