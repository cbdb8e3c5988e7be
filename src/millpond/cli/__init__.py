"""The command line: one file per noun."""

import gc
import importlib
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from millpond import __version__
from millpond.errors import MillpondError

# In the order of the help.
_COMMANDS = ("server", "bench", "score", "db", "datastore", "model", "webhook")


class _Commands(TyperGroup):
    """Imports the file of a command when it is asked for: a server that starts needs no other."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*_COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        # Importing makes much and drops nothing: looking for what was dropped is a tenth of it.
        gc.disable()
        try:
            module = importlib.import_module(f"millpond.cli.{cmd_name}")
        finally:
            gc.enable()
        command = get_command(module.app)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_Commands,
    name="millpond",
    help="The machine-learning workspace that you run yourself, for every MLflow client.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        show_version()
        raise typer.Exit


@app.callback()
def _take_options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Options that stand before any command."""


@app.command("version")
def show_version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run a command; a failure is one sentence on standard error, and exit code 1."""
    try:
        app()
    except MillpondError as error:
        typer.echo(f"millpond: {error.message}", err=True)
        sys.exit(1)
