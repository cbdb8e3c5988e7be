"""``millpond model``: registered models and their versions, over a running server."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from millpond.sdk import Models, Workspace
from millpond.wire.model_answers import CompareAnswer, VerdictAnswer, VersionAnswer

app = typer.Typer(
    help="Registered models: versions, aliases, gates, reviews.", no_args_is_help=True
)

Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="MLFLOW_TRACKING_URI",
        help="The server's address (default: http://127.0.0.1:5000).",
    ),
]
Name = Annotated[str, typer.Argument(help="The registered model's name.")]
Version = Annotated[str, typer.Argument(help="A version: its number, @alias, a stage, or latest.")]
MaybeVersion = Annotated[
    str | None, typer.Option("--version", help="One version instead of the whole model.")
]
Alias = Annotated[str, typer.Argument(help="An alias, such as champion.")]
Stage = Annotated[str, typer.Argument(help="None, Staging, Production or Archived.")]
Comment = Annotated[str, typer.Option(help="What to say about it.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="KEY=VALUE; may be given often.")]


@app.command("list")
def list_models(
    filter_string: Annotated[str, typer.Option("--filter", help="As for MLflow's search.")] = "",
    server: Server = None,
) -> None:
    """List registered models."""
    with _models(server) as models:
        table = Table("model", "versions", "aliases", "latest", "updated")
        for model in models.list(filter_string):
            table.add_row(
                model.name,
                str(model.last_version),
                ", ".join(f"{alias} -> {number}" for alias, number in model.aliases.items()),
                ", ".join(f"{v.stage} {v.version}" for v in model.latest),
                _time(model.updated_ms),
            )
        Console().print(table)


@app.command("versions")
def list_versions(
    name: Name,
    filter_string: Annotated[str, typer.Option("--filter", help="As for MLflow's search.")] = "",
    server: Server = None,
) -> None:
    """List the versions of a model, the newest first."""
    with _models(server) as models:
        table = Table("version", "stage", "aliases", "run", "source", "made")
        for version in models.versions(name, filter_string):
            table.add_row(
                str(version.version),
                version.stage,
                ", ".join(version.aliases),
                version.run_id,
                version.source,
                _time(version.created_ms),
            )
        Console().print(table)


@app.command("show")
def show_version(name: Name, version: Version = "latest", server: Server = None) -> None:
    """Show a version: where it comes from, its figures, and what people say."""
    with _models(server) as models:
        found = models.version(name, version)
        console, lineage = Console(), found.lineage
        table = Table(title=f"{name} {found.version.version}", show_header=False)
        for field in VersionAnswer.__struct_fields__[2:]:
            value = getattr(found.version, field)
            shown = _time(value) if field.endswith("_ms") else _shown(value)
            table.add_row(field.removesuffix("_ms"), shown)
        table.add_row("experiment", lineage.experiment_name)
        table.add_row("datasets", _shown([f"{d.name} ({d.digest})" for d in lineage.datasets]))
        table.add_row(
            "made of the same", _shown([f"{s.name} {s.version}" for s in lineage.siblings])
        )
        table.add_row("metrics", _shown({key: f"{v:g}" for key, v in found.metrics.items()}))
        table.add_row("params", _shown(found.params))
        table.add_row("in use by", _shown([lock.holder for lock in found.locks]))
        table.add_row("asked for", _shown([request.stage for request in found.requests]))
        table.add_row("comments", "\n".join(comment.comment for comment in found.comments))
        console.print(table)


@app.command("create")
def create_model(
    name: Name,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    tag: Tags = None,
    server: Server = None,
) -> None:
    """Make a registered model without versions."""
    with _models(server) as models:
        models.create(name, description, _pairs(tag))
        typer.echo(f"Made model {name}.")


@app.command("register")
def register_version(
    name: Name,
    source: Annotated[
        str, typer.Argument(help="runs:/ID/path, models:/m-ID, models:/NAME/2, s3://...")
    ],
    run_id: Annotated[str | None, typer.Option(help="The run that made it.")] = None,
    description: Annotated[str, typer.Option(help="What is new in it.")] = "",
    tag: Tags = None,
    server: Server = None,
) -> None:
    """Make the next version of a model."""
    with _models(server) as models:
        made = models.register(name, source, run_id, description=description, tags=_pairs(tag))
        typer.echo(f"Made version {made.version} of {name}.")


@app.command("describe")
def describe(
    name: Name,
    text: Annotated[str, typer.Argument(help="The description.")],
    version: MaybeVersion = None,
    server: Server = None,
) -> None:
    """Say what a model, or a version, is."""
    with _models(server) as models:
        models.describe(name, text, version)
        typer.echo("Described.")


@app.command("rename")
def rename_model(
    name: Name,
    new_name: Annotated[str, typer.Argument(help="The new name.")],
    server: Server = None,
) -> None:
    """Give a model another name."""
    with _models(server) as models:
        models.rename(name, new_name)
        typer.echo(f"{name} is {new_name} now.")


@app.command("delete")
def delete(name: Name, version: MaybeVersion = None, server: Server = None) -> None:
    """Delete a model, or one version; what is in use is not deleted."""
    with _models(server) as models:
        models.delete(name, version)
        typer.echo("Deleted.")


@app.command("tag")
def set_tags(
    name: Name,
    tag: Annotated[list[str], typer.Argument(help="KEY=VALUE, or KEY alone to delete it.")],
    version: MaybeVersion = None,
    server: Server = None,
) -> None:
    """Set or delete tags of a model, or of a version."""
    with _models(server) as models:
        for pair in tag:
            key, is_set, value = pair.partition("=")
            if is_set:
                models.set_tag(name, key, value, version)
            else:
                models.delete_tag(name, key, version)
        typer.echo("Tagged.")


@app.command("promote")
def promote(name: Name, version: Version, alias: Alias, server: Server = None) -> None:
    """Point an alias at a version, if its gate lets it pass."""
    with _models(server) as models:
        moved = models.set_alias(name, alias, version)
        typer.echo(f"{name}@{alias} is version {moved.version} now.")


@app.command("unalias")
def delete_alias(name: Name, alias: Alias, server: Server = None) -> None:
    """Delete an alias."""
    with _models(server) as models:
        models.delete_alias(name, alias)
        typer.echo(f"{name}@{alias} is nothing now.")


@app.command("stage")
def move_version(
    name: Name,
    version: Version,
    stage: Stage,
    archive: Annotated[
        bool, typer.Option("--archive", help="Put the others of the stage into the archive.")
    ] = False,
    comment: Comment = "",
    server: Server = None,
) -> None:
    """Put a version into a stage."""
    with _models(server) as models:
        moved = models.move(name, version, stage, archive, comment)
        typer.echo(f"Version {moved.version} of {name} is in {moved.stage} now.")


@app.command("compare")
def compare_versions(
    name: Name,
    left: Version,
    right: Version,
    other: Annotated[str | None, typer.Option(help="The right one's model.")] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Only what differs.")] = False,
    server: Server = None,
) -> None:
    """Compare two versions: metrics, params, tags, signature, requirements."""
    with _models(server) as models:
        Console().print(_comparison(models.compare(name, left, right, other), diff))


@app.command("activity")
def show_activity(
    name: Name,
    version: MaybeVersion = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    server: Server = None,
) -> None:
    """Show what happened to a model, the latest first."""
    with _models(server) as models:
        table = Table("when", "version", "what", "details", "who")
        for activity in models.activities(name, version, limit):
            table.add_row(
                _time(activity.created_ms),
                "" if activity.version is None else str(activity.version),
                activity.kind.replace("_", " ").lower(),
                _shown(activity.details),
                activity.user,
            )
        Console().print(table)


@app.command("gate")
def gate(
    name: Name,
    alias: Annotated[str | None, typer.Argument(help="An alias; without it, all gates.")] = None,
    rule: Annotated[
        str | None,
        typer.Option("--set", help="metrics.auc >= 0.9 AND metrics.auc > champion.metrics.auc"),
    ] = None,
    check: Annotated[str | None, typer.Option(help="A version to hold against it.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Take the gate away.")] = False,
    server: Server = None,
) -> None:
    """Show, set, check or delete the rules that moving an alias is held to."""
    with _models(server) as models:
        if alias is not None and delete:
            models.delete_gate(name, alias)
            typer.echo(f"{name}@{alias} moves freely now.")
            return
        if alias is not None and check is not None:
            verdict = models.check_gate(name, alias, check, rule)
            Console().print(_verdict(verdict))
            if not verdict.passes:
                raise typer.Exit(1)
            return
        if alias is not None and rule is not None:
            models.set_gate(name, alias, rule)
        table = Table("alias", "rule", "since")
        for known in models.gates(name):
            if alias in (None, known.alias):
                table.add_row(known.alias, known.rule, _time(known.created_ms))
        Console().print(table)


@app.command("comment")
def add_comment(
    name: Name,
    version: Version,
    text: Annotated[str, typer.Argument(help="What to say.")],
    server: Server = None,
) -> None:
    """Say something about a version."""
    with _models(server) as models:
        models.comment(name, version, text)
        typer.echo("Said.")


@app.command("request")
def request_stage(
    name: Name, version: Version, stage: Stage, comment: Comment = "", server: Server = None
) -> None:
    """Ask for a version to be moved to a stage."""
    with _models(server) as models:
        asked = models.request(name, version, stage, comment)
        typer.echo(f"Asked for {asked.stage}.")


@app.command("approve")
def approve(
    name: Name,
    version: Version,
    stage: Stage,
    comment: Comment = "",
    archive: Annotated[
        bool, typer.Option("--archive", help="Put the others of the stage into the archive.")
    ] = False,
    server: Server = None,
) -> None:
    """Move a version as it was asked for."""
    with _models(server) as models:
        models.approve(name, version, stage, comment, archive)
        typer.echo("Approved.")


@app.command("reject")
def reject(
    name: Name, version: Version, stage: Stage, comment: Comment = "", server: Server = None
) -> None:
    """Answer that a version will not be moved as it was asked for."""
    with _models(server) as models:
        models.reject(name, version, stage, comment)
        typer.echo("Rejected.")


@app.command("cancel")
def cancel(
    name: Name, version: Version, stage: Stage, comment: Comment = "", server: Server = None
) -> None:
    """Take back what you asked for."""
    with _models(server) as models:
        models.cancel(name, version, stage, comment)
        typer.echo("Taken back.")


@app.command("lock")
def lock(
    name: Name,
    version: Version,
    holder: Annotated[str, typer.Argument(help="What uses it.")],
    reason: Annotated[str, typer.Option(help="What for.")] = "",
    server: Server = None,
) -> None:
    """Keep a version from being deleted while something uses it."""
    with _models(server) as models:
        models.lock(name, version, holder, reason)
        typer.echo("Locked.")


@app.command("unlock")
def unlock(
    name: Name,
    version: Version,
    holder: Annotated[str, typer.Argument(help="What used it.")],
    server: Server = None,
) -> None:
    """Let a version be deleted again."""
    with _models(server) as models:
        models.unlock(name, version, holder)
        typer.echo("Unlocked.")


@contextmanager
def _models(server: str | None) -> Iterator[Models]:
    with Workspace(server) as workspace:
        yield workspace.models


def _comparison(found: CompareAnswer, diff: bool) -> Table:
    left, right = found.left, found.right
    table = Table(
        "", "", f"{left.name} {left.version}", f"{right.name} {right.version}", "difference"
    )
    rows: list[tuple[str, str, Any, Any, str]] = []
    for metric in found.metrics:
        delta = "" if metric.delta is None else f"{metric.delta:+g}"
        rows.append(("metric", metric.key, metric.left, metric.right, delta))
    for what, texts in (("param", found.params), ("tag", found.tags)):
        rows += [(what, row.key, row.left, row.right, "") for row in texts]
    rows += [(row.part, row.name, row.left, row.right, "") for row in found.signature or []]
    rows += [("requires", row.key, row.left, row.right, "") for row in found.requirements or []]
    for what, key, one, two, delta in rows:
        if not diff or one != two:
            differs = delta or ("" if one == two else "differs")
            table.add_row(what, key, _shown(one), _shown(two), differs)
    if found.signature is None:
        table.caption = "The files of one of them are elsewhere, so they were not compared."
    return table


def _verdict(verdict: VerdictAnswer) -> Table:
    table = Table("rule", "found", "holds")
    for check in verdict.checks:
        table.add_row(check.rule, _shown(check.found), "yes" if check.holds else "no")
    return table


def _pairs(tags: Iterable[str] | None) -> dict[str, str]:
    return {key: value for key, _, value in (pair.partition("=") for pair in tags or [])}


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key}: {'-' if v is None else v}" for key, v in value.items())
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "-" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
