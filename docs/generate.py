"""Write the pages of the reference that are made from the code: ``python -m docs.generate``.

``tests/house`` checks that they are as this would write them.
"""

import json
import tempfile
from pathlib import Path

from millpond.api.native import build
from millpond.api.scoring_jobs import ScoringJobs
from millpond.app import Server
from millpond.domain.datastores import CREDENTIALS, OPTIONS, Kind
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
_DATASTORES_HEAD = """\
# Datastores

What a datastore can be, with its options and credentials;
[how to use them](../how-to/datastores.md). `millpond datastore register` takes
`--option NAME=VALUE` and `--credential NAME`. This page is made by `make docs`.

The calls about the records of datastores (`/api/v1/datastores`, `/api/v1/storage`, `/api/v1/audit`)
are in [openapi.json](openapi.json). Files have calls of their own, which stream; each takes an
address as `uri` (escaped): `runs:/ID/path`, `models:/m-ID/path`, `models:/NAME/VERSION/path`,
`models:/NAME@ALIAS/path`, `mlflow-artifacts:/path`, `datastore://NAME/path`, or one of a folder or
bucket in a datastore.

| call | what it does |
|---|---|
| `GET /api/v1/artifacts?uri=` | list; `recursive=true` all below, `sizes=true` adds folders up |
| `GET`, `HEAD /api/v1/artifacts/file?uri=` | a file, with ETag, ranges and conditions |
| `PUT /api/v1/artifacts/file?uri=` | keep the body as a file, whole or not at all |
| `GET /api/v1/artifacts/zip?uri=` | a folder with all below it as one zip |
| `DELETE /api/v1/artifacts?uri=` | delete a file or a folder; the audit log has it first |
"""
_KIND_TITLES = {
    Kind.FOLDER: "Folder: `/absolute/path`",
    Kind.S3: "S3 and compatible: `s3://bucket/prefix`",
    Kind.AZURE: "Azure Blob and ADLS: `abfss://container@account.dfs.core.windows.net/prefix`, "
    "`wasbs://container@account.blob.core.windows.net/prefix`",
    Kind.GCS: "Google Cloud Storage: `gs://bucket/prefix`",
}
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


def datastores_page() -> str:
    page = _DATASTORES_HEAD
    for kind in Kind:
        page += f"\n## {_KIND_TITLES[kind]}\n\n"
        rows = [
            f"| `{name}` | {word} | {sentence} |\n"
            for known, word in ((OPTIONS[kind], "option"), (CREDENTIALS[kind], "credential"))
            for name, sentence in known.items()
        ]
        if rows:
            page += "| name | | what it is |\n|---|---|---|\n" + "".join(rows)
        else:
            page += "It has no options and no credentials.\n"
    return page


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
    jobs = ScoringJobs(server.settings.data_dir / "scoring", "")
    native = build(
        server.access, server.settings, server.tails, server.files, server.registry, jobs
    )
    return json.dumps(native.openapi_schema.to_schema(), indent=2, sort_keys=True) + "\n"


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(load({"data_dir": folder}, environ={}), now_ms=0)
        try:
            return {
                "settings.md": settings_page(),
                "routes.md": routes_page(server),
                "datastores.md": datastores_page(),
                "openapi.json": openapi_description(server),
            }
        finally:
            server.close()


if __name__ == "__main__":
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, "utf-8")
