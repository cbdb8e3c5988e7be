"""``millpond webhook``: addresses that are told what happens in the registry."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from millpond.cli.model import Server
from millpond.domain.webhooks import DATABRICKS_EVENTS, MLFLOW_EVENTS
from millpond.errors import InvalidParameter
from millpond.sdk import Webhooks, Workspace

app = typer.Typer(
    help="Addresses that are told what happens in the registry.", no_args_is_help=True
)

WebhookId = Annotated[str, typer.Argument(help="The webhook's id.")]


@app.command("list")
def list_webhooks(server: Server = None) -> None:
    """List webhooks, the newest first."""
    with _webhooks(server) as webhooks:
        table = Table("id", "address", "events", "model", "status", "signed")
        for webhook in webhooks.list():
            table.add_row(
                webhook.webhook_id,
                webhook.url,
                "\n".join(webhook.events),
                webhook.model or "all",
                webhook.status,
                "yes" if webhook.has_secret else "no",
            )
        Console().print(table)


@app.command("events")
def list_events() -> None:
    """List the events there are, in Databricks' words and in MLflow's."""
    for event in (*DATABRICKS_EVENTS, *MLFLOW_EVENTS):
        typer.echo(event)


@app.command("add")
def add_webhook(
    url: Annotated[str, typer.Argument(help="The address, http or https.")],
    event: Annotated[list[str], typer.Option("--event", help="May be given often.")],
    model: Annotated[str | None, typer.Option(help="Only this model.")] = None,
    secret: Annotated[
        bool, typer.Option("--secret", help="Ask for a secret to sign messages with.")
    ] = False,
    server: Server = None,
) -> None:
    """Have an address told of events; the words of the first event choose those of messages."""
    with _webhooks(server) as webhooks:
        signed_with = typer.prompt("Secret", hide_input=True) if secret else ""
        is_mlflow = event[0] in MLFLOW_EVENTS
        if any((name in MLFLOW_EVENTS) != is_mlflow for name in event):
            raise InvalidParameter("Give events in Databricks' words or in MLflow's, not in both.")
        made = webhooks.create(
            url,
            event,
            model=model,
            secret=signed_with,
            dialect="mlflow" if is_mlflow else "databricks",
        )
        typer.echo(made.webhook_id)


@app.command("test")
def try_webhook(
    webhook_id: WebhookId,
    event: Annotated[str, typer.Option(help="What to pretend (default: its first event).")] = "",
    server: Server = None,
) -> None:
    """Tell a webhook of something that did not happen, and show what it answered."""
    with _webhooks(server) as webhooks:
        told = webhooks.test(webhook_id, event)
        typer.echo(f"{told.status or 'no answer'}: {told.body}")
        if not 200 <= told.status < 300:
            raise typer.Exit(1)


@app.command("enable")
def enable(webhook_id: WebhookId, server: Server = None) -> None:
    """Tell it what happens again."""
    with _webhooks(server) as webhooks:
        webhooks.set_status(webhook_id, "ACTIVE")
        typer.echo("Enabled.")


@app.command("disable")
def disable(webhook_id: WebhookId, server: Server = None) -> None:
    """Tell it nothing for a while."""
    with _webhooks(server) as webhooks:
        webhooks.set_status(webhook_id, "DISABLED")
        typer.echo("Disabled.")


@app.command("delete")
def delete_webhook(webhook_id: WebhookId, server: Server = None) -> None:
    """Delete a webhook, and what it was still to be told."""
    with _webhooks(server) as webhooks:
        webhooks.delete(webhook_id)
        typer.echo("Deleted.")


@app.command("log")
def show_deliveries(
    webhook_id: WebhookId,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    server: Server = None,
) -> None:
    """Show what a webhook was told, the latest first, and what became of it."""
    with _webhooks(server) as webhooks:
        table = Table("event", "status", "attempts", "answer")
        for delivery in webhooks.deliveries(webhook_id, limit):
            table.add_row(delivery.event, delivery.status, str(delivery.attempts), delivery.answer)
        Console().print(table)


@contextmanager
def _webhooks(server: str | None) -> Iterator[Webhooks]:
    with Workspace(server) as workspace:
        yield workspace.webhooks
