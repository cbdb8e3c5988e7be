"""The command line: one file per noun."""

import sys

import typer

from millpond import __version__
from millpond.cli import bench, datastore, db, model, score, server, webhook
from millpond.errors import MillpondError

app = typer.Typer(
    name="millpond",
    help="The machine-learning workspace that you run yourself, for every MLflow client.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)
app.command("server")(server.run_server)
app.command("bench")(bench.run_bench)
app.command("score")(score.run_score)
app.add_typer(db.app, name="db")
app.add_typer(datastore.app, name="datastore")
app.add_typer(model.app, name="model")
app.add_typer(webhook.app, name="webhook")


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
