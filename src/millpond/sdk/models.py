"""Registered models of a workspace: versions, aliases, gates, reviews; and webhooks.

What is answered are the records of ``millpond.wire.model_answers``. A version is named by its
number, ``@alias``, its stage, or ``latest``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from msgspec import convert

from millpond.sdk.connection import Connection
from millpond.wire.model_answers import (
    ActivityAnswer,
    CommentAnswer,
    CompareAnswer,
    DeliveryAnswer,
    GateAnswer,
    LockAnswer,
    ModelAnswer,
    ModelPage,
    RequestAnswer,
    TestAnswer,
    VerdictAnswer,
    VersionAnswer,
    VersionDetail,
    VersionPage,
    WebhookAnswer,
)

T = TypeVar("T")
VersionName = int | str

_NATIVE = "/api/v1"
_PROTOCOL = "/api/2.0/mlflow"
_PAGE = "100"


class Models:
    """The registered models of a workspace."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # models and versions

    def list(self, filter_string: str = "", order_by: str = "") -> Iterator[ModelAnswer]:
        """Registered models that match, by name unless ordered."""
        query = {"filter": filter_string, "limit": _PAGE}
        if order_by:
            query["order_by"] = order_by
        while True:
            page = self._ask("GET", "/models", ModelPage, query)
            yield from page.models
            if not page.next_page_token:
                return
            query["page_token"] = page.next_page_token

    def get(self, name: str) -> ModelAnswer:
        return self._ask("GET", _model(name), ModelAnswer)

    def versions(self, name: str, filter_string: str = "") -> Iterator[VersionAnswer]:
        """The versions of a model that match, the newest first."""
        query = {"filter": filter_string, "limit": _PAGE}
        while True:
            page = self._ask("GET", f"{_model(name)}/versions", VersionPage, query)
            yield from page.versions
            if not page.next_page_token:
                return
            query["page_token"] = page.next_page_token

    def version(self, name: str, version: VersionName) -> VersionDetail:
        """A version with its lineage, metrics, params, locks, requests and comments."""
        return self._ask("GET", _version(name, version), VersionDetail)

    def create(
        self, name: str, description: str = "", tags: Mapping[str, str] | None = None
    ) -> ModelAnswer:
        self._tell(
            "POST",
            "registered-models/create",
            name=name,
            description=description,
            tags=_tags(tags),
        )
        return self.get(name)

    def register(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        model_id: str | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> VersionAnswer:
        """Make the next version of a model that is there.

        source: ``runs:/ID/path`` and ``models:/m-ID`` are their own run_id and model_id.
        """
        if source.startswith("runs:/"):
            run_id = run_id or source.removeprefix("runs:/").split("/")[0]
        if source.startswith("models:/m-"):
            model_id = model_id or source.removeprefix("models:/")
        fields: dict[str, Any] = {"run_id": run_id, "model_id": model_id}
        made = self._tell(
            "POST",
            "model-versions/create",
            name=name,
            source=source,
            description=description,
            tags=_tags(tags),
            **{field: value for field, value in fields.items() if value},
        )
        return self.version(name, made["model_version"]["version"]).version

    def describe(self, name: str, description: str, version: VersionName | None = None) -> None:
        """Say what a model, or one version of it, is."""
        if version is None:
            self._tell("PATCH", "registered-models/update", name=name, description=description)
        else:
            number = self._number(name, version)
            self._tell(
                "PATCH",
                "model-versions/update",
                name=name,
                version=number,
                description=description,
            )

    def rename(self, name: str, new_name: str) -> ModelAnswer:
        self._tell("POST", "registered-models/rename", name=name, new_name=new_name)
        return self.get(new_name)

    def delete(self, name: str, version: VersionName | None = None) -> None:
        """Remove a model with all its versions, or one of these; none of them may be locked."""
        if version is None:
            self._tell("DELETE", "registered-models/delete", name=name)
        else:
            number = self._number(name, version)
            self._tell("DELETE", "model-versions/delete", name=name, version=number)

    def set_tag(self, name: str, key: str, value: str, version: VersionName | None = None) -> None:
        noun, more = self._noun(name, version)
        self._tell("POST", f"{noun}/set-tag", name=name, key=key, value=value, **more)

    def delete_tag(self, name: str, key: str, version: VersionName | None = None) -> None:
        noun, more = self._noun(name, version)
        self._tell("DELETE", f"{noun}/delete-tag", name=name, key=key, **more)

    def move(
        self, name: str, version: VersionName, stage: str, archive: bool = False, comment: str = ""
    ) -> VersionAnswer:
        """Put a version into a stage; archive: the others of the stage go to the archive."""
        number = self._number(name, version)
        self._tell(
            "POST",
            "databricks/model-versions/transition-stage",
            name=name,
            version=number,
            stage=stage,
            archive_existing_versions=archive,
            comment=comment,
        )
        return self.version(name, number).version

    def compare(
        self, name: str, left: VersionName, right: VersionName, other: str | None = None
    ) -> CompareAnswer:
        """Two versions side by side; other: the model of the right one, if it is another."""
        query = {"left": str(left), "right": str(right)}
        if other is not None:
            query["other"] = other
        return self._ask("GET", f"{_model(name)}/compare", CompareAnswer, query)

    def activities(
        self, name: str, version: VersionName | None = None, limit: int = 100
    ) -> Sequence[ActivityAnswer]:
        """What was done to a model, or to one version of it, the latest first."""
        query = {"limit": str(limit)}
        if version is not None:
            query["version"] = self._number(name, version)
        return self._ask("GET", f"{_model(name)}/activities", list[ActivityAnswer], query)

    # aliases and gates

    def set_alias(self, name: str, alias: str, version: VersionName) -> VersionAnswer:
        """Point an alias at a version. Raises BadRequest if its gate does not let it pass."""
        path = f"{_model(name)}/aliases/{_part(alias)}"
        return self._ask("PUT", path, VersionAnswer, body={"version": str(version)})

    def delete_alias(self, name: str, alias: str) -> None:
        self._do("DELETE", f"{_model(name)}/aliases/{_part(alias)}")

    def gates(self, name: str) -> Sequence[GateAnswer]:
        return self._ask("GET", f"{_model(name)}/gates", list[GateAnswer])

    def set_gate(self, name: str, alias: str, rule: str) -> GateAnswer:
        """Hold every move of an alias to a rule, such as
        ``metrics.auc >= 0.9 AND metrics.auc > champion.metrics.auc``."""
        return self._ask("PUT", _gate(name, alias), GateAnswer, body={"rule": rule})

    def delete_gate(self, name: str, alias: str) -> None:
        self._do("DELETE", _gate(name, alias))

    def check_gate(
        self, name: str, alias: str, version: VersionName, rule: str | None = None
    ) -> VerdictAnswer:
        """What the gate of an alias, or a rule, says of a version; nothing is moved."""
        body = {"version": str(version), "rule": rule}
        return self._ask("POST", f"{_gate(name, alias)}/check", VerdictAnswer, body=body)

    # reviews

    def comment(self, name: str, version: VersionName, comment: str) -> CommentAnswer:
        path = f"{_version(name, version)}/comments"
        return self._ask("POST", path, CommentAnswer, body={"comment": comment})

    def change_comment(self, comment_id: str, comment: str) -> None:
        self._tell("PATCH", "comments/update", id=comment_id, comment=comment)

    def delete_comment(self, comment_id: str) -> None:
        self._tell("DELETE", "comments/delete", id=comment_id)

    def request(
        self, name: str, version: VersionName, stage: str, comment: str = ""
    ) -> RequestAnswer:
        """Ask for a version to be moved to a stage."""
        path = f"{_version(name, version)}/requests"
        return self._ask("POST", path, RequestAnswer, body={"stage": stage, "comment": comment})

    def approve(
        self, name: str, version: VersionName, stage: str, comment: str = "", archive: bool = False
    ) -> ActivityAnswer:
        return self._answer("approve", name, version, stage, comment, archive)

    def reject(
        self, name: str, version: VersionName, stage: str, comment: str = ""
    ) -> ActivityAnswer:
        return self._answer("reject", name, version, stage, comment)

    def cancel(
        self, name: str, version: VersionName, stage: str, comment: str = ""
    ) -> ActivityAnswer:
        """Take back what one asked for oneself."""
        return self._answer("cancel", name, version, stage, comment)

    def lock(self, name: str, version: VersionName, holder: str, reason: str = "") -> LockAnswer:
        """Say that a version is in use by something, so that it cannot be deleted."""
        path, body = f"{_version(name, version)}/locks", {"holder": holder, "reason": reason}
        return self._ask("PUT", path, LockAnswer, body=body)

    def unlock(self, name: str, version: VersionName, holder: str) -> None:
        self._do("DELETE", f"{_version(name, version)}/locks", {"holder": holder})

    def _answer(
        self,
        how: str,
        name: str,
        version: VersionName,
        stage: str,
        comment: str,
        archive: bool = False,
    ) -> ActivityAnswer:
        path = f"{_version(name, version)}/requests/{_part(stage)}/{how}"
        body = {"comment": comment, "archive": archive}
        return self._ask("POST", path, ActivityAnswer, body=body)

    def _number(self, name: str, version: VersionName) -> str:
        if isinstance(version, int) or version.isdigit():
            return str(version)
        return str(self.version(name, version).version.version)

    def _noun(self, name: str, version: VersionName | None) -> tuple[str, dict[str, str]]:
        if version is None:
            return "registered-models", {}
        return "model-versions", {"version": self._number(name, version)}

    def _ask(
        self, method: str, path: str, kind: type[T], query: Mapping[str, str] = {}, body: Any = None
    ) -> T:
        return convert(self._connection.ask(method, f"{_NATIVE}{path}", query, body), kind)

    def _do(self, method: str, path: str, query: Mapping[str, str] = {}) -> None:
        self._connection.ask(method, f"{_NATIVE}{path}", query)

    def _tell(self, method: str, path: str, **fields: Any) -> Any:
        return self._connection.ask(method, f"{_PROTOCOL}/{path}", body=fields)


class Webhooks:
    """The webhooks of a workspace."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> Sequence[WebhookAnswer]:
        return convert(self._ask("GET", ""), list[WebhookAnswer])

    def create(
        self,
        url: str,
        events: Sequence[str],
        *,
        model: str | None = None,
        secret: str = "",
        name: str = "",
        description: str = "",
        dialect: Literal["databricks", "mlflow"] = "databricks",
        check_certificate: bool = True,
    ) -> WebhookAnswer:
        """Have an address told of events, in the words of Databricks or of MLflow.

        secret: what messages are signed with; it is never told again. model: only of this one.
        """
        body = {
            "url": url,
            "events": [*events],
            "model": model,
            "secret": secret,
            "name": name,
            "description": description,
            "dialect": dialect,
            "check_certificate": check_certificate,
        }
        return convert(self._ask("POST", "", body), WebhookAnswer)

    def set_status(self, webhook_id: str, status: str) -> WebhookAnswer:
        """ACTIVE, DISABLED, or TEST_MODE."""
        return convert(self._ask("PATCH", f"/{_part(webhook_id)}/{_part(status)}"), WebhookAnswer)

    def delete(self, webhook_id: str) -> None:
        self._ask("DELETE", f"/{_part(webhook_id)}")

    def test(self, webhook_id: str, event: str = "") -> TestAnswer:
        """Tell it of something that did not happen, and say what it answered."""
        return convert(
            self._ask("POST", f"/{_part(webhook_id)}/test", {"event": event}), TestAnswer
        )

    def deliveries(self, webhook_id: str, limit: int = 100) -> Sequence[DeliveryAnswer]:
        """What it was told, the latest first, and what became of it."""
        found = self._connection.ask(
            "GET", f"{_NATIVE}/webhooks/{_part(webhook_id)}/deliveries", {"limit": str(limit)}
        )
        return convert(found, list[DeliveryAnswer])

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return self._connection.ask(method, f"{_NATIVE}/webhooks{path}", body=body)


def _part(text: str) -> str:
    return quote(text, safe="")


def _model(name: str) -> str:
    return f"/models/{_part(name)}"


def _version(name: str, version: VersionName) -> str:
    return f"{_model(name)}/versions/{_part(str(version))}"


def _gate(name: str, alias: str) -> str:
    return f"{_model(name)}/gates/{_part(alias)}"


def _tags(tags: Mapping[str, str] | None) -> Sequence[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in (tags or {}).items()]
