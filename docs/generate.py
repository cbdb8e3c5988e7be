"""Write the pages of the reference that are made from the code: ``python -m docs.generate``.

``tests/house`` checks that they are as this would write them.
"""

import json
import tempfile
from pathlib import Path

from millpond.api.native import build
from millpond.app import Server
from millpond.settings import describe, load

REFERENCE = Path(__file__).parent / "reference"

_SETTINGS_HEAD = """\
# Settings

A setting comes from a flag of `millpond server` (`--data-dir`), else from the environment
(`MILLPOND_DATA_DIR`), else from the TOML file that `--config` names (`data_dir = "..."`), else it
has its default. This page is made by `make docs`.

| setting | environment | default | what it does |
|---|---|---|---|
"""
_ROUTES_HEAD = """\
# Routes

Every route of the MLflow protocol that the server has, and its own. Each `/api/...` route of the
protocol is at `/ajax-api/...` too. What is said on them is in [protocol.md](protocol.md); the
native API is described in [openapi.json](openapi.json) and, on a running server, at `/docs`. This
page is made by `make docs`.

| method | path |
|---|---|
"""


def settings_page() -> str:
    rows = [
        f"| `{name}` | `{env}` | {f'`{default}`' if str(default) else 'none'} | {sentence} |\n"
        for name, env, default, sentence in describe()
    ]
    return _SETTINGS_HEAD + "".join(rows)


def routes_page(server: Server) -> str:
    paths = {path for _, path, _ in server.routes}
    rows = [
        f"| {method} | `{path}` |\n"
        for method, path, _ in sorted(server.routes, key=lambda route: (route[1], route[0]))
        if path.replace("/ajax-api/", "/api/", 1) == path
        or path.replace("/ajax-api/", "/api/", 1) not in paths
    ]
    return _ROUTES_HEAD + "".join(rows)


def openapi_description(server: Server) -> str:
    native = build(server.access, server.settings, server.tails, server.files)
    return json.dumps(native.openapi_schema.to_schema(), indent=2, sort_keys=True) + "\n"


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(load({"data_dir": folder}, environ={}), now_ms=0)
        try:
            return {
                "settings.md": settings_page(),
                "routes.md": routes_page(server),
                "openapi.json": openapi_description(server),
            }
        finally:
            server.close()


if __name__ == "__main__":
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, "utf-8")
