"""``millpond datastore``: named places for files, over a running server."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from millpond.errors import InvalidParameter
from millpond.sdk import Datastore, Workspace

app = typer.Typer(
    help="Named places for files: folders, S3, Azure Blob, Google Cloud Storage.",
    no_args_is_help=True,
)

Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="MLFLOW_TRACKING_URI",
        help="The server's address (default: http://127.0.0.1:5000).",
    ),
]
Name = Annotated[str, typer.Argument(help="The datastore's name.")]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", help="NAME=VALUE, such as region=eu-west-1; may be given often."),
]
Credentials = Annotated[
    list[str] | None,
    typer.Option(
        "--credential",
        help="NAME, and its value is asked for without being shown; or NAME=VALUE; or "
        "NAME=@FILE. The server encrypts it and never tells it again.",
    ),
]


@app.command("list")
def list_datastores(server: Server = None) -> None:
    """List the datastores of the workspace."""
    table = Table("name", "kind", "place", "credentials", "holds", "")
    for store in Workspace(server).datastores.list():
        info = store.info
        table.add_row(
            info.name,
            info.kind,
            info.uri,
            "stored" if info.has_credentials else "the server's own",
            decimal(info.used_bytes),
            "default" if info.is_default else "",
        )
    Console().print(table)


@app.command("show")
def show_datastore(name: Name, server: Server = None) -> None:
    """Show one datastore."""
    info = _find(server, name).info
    for field in info.__struct_fields__:
        typer.echo(f"{field}: {getattr(info, field)}")


@app.command("register")
def register_datastore(
    name: Name,
    uri: Annotated[
        str,
        typer.Argument(
            help="A folder of the server, s3://bucket/prefix, "
            "abfss://container@account.dfs.core.windows.net/prefix or gs://bucket/prefix."
        ),
    ],
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    option: Options = None,
    credential: Credentials = None,
    default: Annotated[bool, typer.Option("--default", help="Make it the default one.")] = False,
    server: Server = None,
) -> None:
    """Register a datastore. Without credentials the server uses those of its own surroundings."""
    store = Workspace(server).datastores.register(
        name, uri, description, _pairs(option), _secrets(credential), default
    )
    typer.echo(f"Registered {store.name}: {store.kind} at {store.uri}.")


@app.command("update")
def update_datastore(
    name: Name,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    option: Options = None,
    credential: Credentials = None,
    forget_credentials: Annotated[
        bool, typer.Option("--forget-credentials", help="Go back to the server's own.")
    ] = False,
    server: Server = None,
) -> None:
    """Change a datastore's description, options (all of them together) or credentials."""
    store = _find(server, name)
    secrets = _secrets(credential) if credential else {} if forget_credentials else None
    store.update(description, _pairs(option) if option else None, secrets)
    typer.echo(f"Updated {name}.")


@app.command("delete")
def delete_datastore(name: Name, server: Server = None) -> None:
    """Forget a datastore that no experiment uses; its files stay where they are."""
    _find(server, name).delete()
    typer.echo(f"Deleted {name}; its files are still there.")


@app.command("set-default")
def set_default(name: Name, server: Server = None) -> None:
    """Have new experiments keep their artifacts in a datastore."""
    _find(server, name).set_default()
    typer.echo(f"New experiments keep their artifacts in {name}.")


@app.command("browse")
def browse(
    name: Name,
    path: Annotated[str, typer.Argument(help="A folder in it.")] = "",
    recursive: Annotated[bool, typer.Option(help="Every file below it.")] = False,
    server: Server = None,
) -> None:
    """List what is in a folder of a datastore, with what folders hold."""
    for entry in _find(server, name).browse(path, recursive, sizes=not recursive):
        size = decimal(entry["size_bytes"] or 0)
        typer.echo(f"{size:>12}  {entry['path']}{'/' if entry['is_dir'] else ''}")


@app.command("upload")
def upload(
    name: Name,
    source: Annotated[Path, typer.Argument(help="A file, or a folder with all below it.")],
    path: Annotated[str, typer.Argument(help="Where to, in the datastore.")] = "",
    server: Server = None,
) -> None:
    """Upload a file or a tree, with a progress bar."""
    count = _find(server, name).upload(source, path)
    typer.echo(f"Uploaded {count} file{'' if count == 1 else 's'} to {name}.")


@app.command("download")
def download(
    name: Name,
    path: Annotated[str, typer.Argument(help="A file or folder in the datastore.")],
    target: Annotated[Path, typer.Argument(help="Where to, on this machine.")] = Path(),
    server: Server = None,
) -> None:
    """Download a file or a tree, with a progress bar."""
    count = len(_find(server, name).download(path, target))
    typer.echo(f"Downloaded {count} file{'' if count == 1 else 's'} to {target}.")


@app.command("limits")
def limits(
    max_file_bytes: Annotated[
        int | None, typer.Option(help="The largest file; -1 for no limit.")
    ] = None,
    quota_bytes: Annotated[
        int | None, typer.Option(help="All files together; -1 for no limit.")
    ] = None,
    server: Server = None,
) -> None:
    """Show the workspace's limits, or change them."""
    workspace = Workspace(server)
    if max_file_bytes is not None:
        workspace.set_limits(max_file_bytes=None if max_file_bytes < 0 else max_file_bytes)
    if quota_bytes is not None:
        workspace.set_limits(quota_bytes=None if quota_bytes < 0 else quota_bytes)
    rules = workspace.storage()
    typer.echo(f"largest file: {_limit(rules.max_file_bytes)}")
    typer.echo(f"all files: {_limit(rules.quota_bytes)}, {decimal(rules.used_bytes)} used")


@app.command("check")
def check(
    name: Annotated[
        list[str] | None, typer.Argument(help="Datastores (default: all of them).")
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Delete the files whose run is gone.")
    ] = False,
    server: Server = None,
) -> None:
    """Find files whose run is gone, and files that runs say they logged and that are missing.

    Also counts anew what each datastore holds. Ends with 1 if anything is wrong that it did not
    repair.
    """
    is_wrong = False
    for store in Workspace(server).datastores.list():
        if name and store.name not in name:
            continue
        found = store.check(repair)
        typer.echo(f"{store.name}: {found.files} files, {decimal(found.size_bytes)}")
        for orphan in found.orphans:
            size = decimal(orphan.size_bytes)
            done = "deleted" if repair else "orphan"
            typer.echo(f"  {done}: {orphan.path} ({orphan.files} files, {size})")
        for missing in found.missing:
            typer.echo(f"  missing: {missing.path} of run {missing.run_id}")
        is_wrong |= bool(found.missing) or bool(found.orphans and not repair)
    if is_wrong:
        raise typer.Exit(1)


def _find(server: str | None, name: str) -> Datastore:
    return Workspace(server).datastores.get(name)


def _pairs(texts: list[str] | None) -> dict[str, str]:
    pairs = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidParameter(f"'{text}' is no NAME=VALUE.")
        pairs[name] = value
    return pairs


def _secrets(texts: list[str] | None) -> dict[str, str]:
    secrets = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals:
            value = typer.prompt(name, hide_input=True)
        elif value.startswith("@"):
            value = Path(value[1:]).read_text("utf-8").strip()
        secrets[name] = value
    return secrets


def _limit(value: int | None) -> str:
    return "no limit" if value is None else f"{value} bytes"
