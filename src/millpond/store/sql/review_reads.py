"""Reads of reviews of models and of webhooks in a SQL engine."""

import json
from collections.abc import Mapping
from typing import Any

from millpond.domain.gates import Gate
from millpond.domain.registry import ModelStage
from millpond.domain.reviews import Activity, ActivityKind, Comment, TransitionRequest, VersionLock
from millpond.domain.webhooks import Delivery, DeliveryStatus, Dialect, Webhook, WebhookStatus
from millpond.store.sql.registry_reads import SqlRegistryReader
from millpond.store.sql.session import Row

_COMMENTS = (
    "SELECT r.comment_id, m.name, r.version, r.user_name, r.comment, r.creation_ms, "
    "r.last_update_ms FROM model_comments r JOIN registered_models m USING (registered_id) "
)
_WEBHOOKS = (
    "SELECT w.webhook_id, w.dialect, w.url, w.events, w.creation_ms, w.last_update_ms, w.name, "
    "m.name, w.description, w.status, w.sealed, w.checks_certificate FROM webhooks w "
    "LEFT JOIN registered_models m USING (registered_id) WHERE w.workspace_id = :workspace_id "
)
_DELIVERIES = (
    "SELECT webhook_id, event, body, creation_ms, next_ms, row_id, attempts, status, answer "
    "FROM webhook_deliveries WHERE workspace_id = :workspace_id "
)
_OF_MODEL = "WHERE m.workspace_id = :workspace_id AND m.name = :name "


class SqlReviewReader(SqlRegistryReader):
    """See ``review_contract.ReviewReader``."""

    def activities(self, name: str, version: int | None, limit: int) -> list[Activity]:
        narrower = "" if version is None else "AND r.version = :version "
        rows = self._ask(
            "SELECT m.name, r.version, r.kind, r.user_name, r.creation_ms, r.details "
            "FROM model_activities r JOIN registered_models m USING (registered_id) "
            f"{_OF_MODEL}{narrower}ORDER BY r.row_id DESC LIMIT :limit",
            name=name,
            limit=limit,
            **({} if version is None else {"version": version}),
        )
        return [
            Activity(row[0], row[1], ActivityKind(row[2]), row[3], row[4], json.loads(row[5]))
            for row in rows
        ]

    def comments(self, name: str, version: int) -> list[Comment]:
        rows = self._ask(
            f"{_COMMENTS}{_OF_MODEL}AND r.version = :version ORDER BY r.row_id",
            name=name,
            version=version,
        )
        return [Comment(*row) for row in rows]

    def comment(self, comment_id: str) -> Comment | None:
        rows = self._ask(
            f"{_COMMENTS}WHERE r.workspace_id = :workspace_id AND r.comment_id = :comment_id",
            comment_id=comment_id,
        )
        return Comment(*rows[0]) if rows else None

    def transition_requests(self, name: str, version: int) -> list[TransitionRequest]:
        rows = self._ask(
            "SELECT m.name, r.version, r.stage, r.user_name, r.comment, r.creation_ms "
            "FROM transition_requests r JOIN registered_models m USING (registered_id) "
            f"{_OF_MODEL}AND r.version = :version ORDER BY r.row_id",
            name=name,
            version=version,
        )
        return [TransitionRequest(row[0], row[1], ModelStage(row[2]), *row[3:]) for row in rows]

    def version_locks(self, name: str, version: int | None = None) -> list[VersionLock]:
        narrower = "" if version is None else "AND r.version = :version "
        rows = self._ask(
            "SELECT m.name, r.version, r.holder, r.reason, r.user_name, r.creation_ms "
            "FROM model_locks r JOIN registered_models m USING (registered_id) "
            f"{_OF_MODEL}{narrower}ORDER BY r.version, r.holder",
            name=name,
            **({} if version is None else {"version": version}),
        )
        return [VersionLock(*row) for row in rows]

    def gates(self, name: str) -> list[Gate]:
        rows = self._ask(
            "SELECT m.name, r.alias, r.rule, r.user_name, r.creation_ms "
            "FROM model_gates r JOIN registered_models m USING (registered_id) "
            f"{_OF_MODEL}ORDER BY r.alias",
            name=name,
        )
        return [Gate(*row) for row in rows]

    def webhooks(self) -> list[Webhook]:
        rows = self._ask(f"{_WEBHOOKS}ORDER BY w.creation_ms DESC, w.webhook_id")
        return [_webhook(row) for row in rows]

    def webhook(self, webhook_id: str) -> Webhook | None:
        rows = self._ask(f"{_WEBHOOKS}AND w.webhook_id = :webhook_id", webhook_id=webhook_id)
        return _webhook(rows[0]) if rows else None

    def deliveries(self, webhook_id: str, limit: int) -> list[Delivery]:
        rows = self._ask(
            f"{_DELIVERIES}AND webhook_id = :webhook_id ORDER BY row_id DESC LIMIT :limit",
            webhook_id=webhook_id,
            limit=limit,
        )
        return [_delivery(row) for row in rows]

    def due_deliveries(self, now_ms: int, limit: int) -> list[Delivery]:
        rows = self._ask(
            f"{_DELIVERIES}AND status = 'waiting' AND next_ms <= :now_ms "
            "ORDER BY next_ms, row_id LIMIT :limit",
            now_ms=now_ms,
            limit=limit,
        )
        return [_delivery(row) for row in rows]

    def next_delivery_ms(self) -> int | None:
        rows = self._ask(
            "SELECT MIN(next_ms) FROM webhook_deliveries "
            "WHERE workspace_id = :workspace_id AND status = 'waiting'"
        )
        found: int | None = rows[0][0]
        return found

    def _ask(self, sql: str, **parameters: Any) -> list[Row]:
        values: Mapping[str, Any] = {"workspace_id": self._workspace_id, **parameters}
        return self._session.execute(sql, values)


def _webhook(row: Row) -> Webhook:
    return Webhook(
        webhook_id=row[0],
        dialect=Dialect(row[1]),
        url=row[2],
        events=tuple(row[3].split(",")),
        creation_ms=row[4],
        last_update_ms=row[5],
        name=row[6],
        model=row[7],
        description=row[8],
        status=WebhookStatus(row[9]),
        sealed=bytes(row[10]),
        checks_certificate=bool(row[11]),
    )


def _delivery(row: Row) -> Delivery:
    return Delivery(
        webhook_id=row[0],
        event=row[1],
        body=row[2],
        creation_ms=row[3],
        next_ms=row[4],
        delivery_id=row[5],
        attempts=row[6],
        status=DeliveryStatus(row[7]),
        answer=row[8],
    )
