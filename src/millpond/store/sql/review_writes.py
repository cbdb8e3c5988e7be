"""Writes of reviews of models and of webhooks in a SQL engine."""

import json
from collections.abc import Sequence
from typing import Any

from millpond.domain.gates import Gate
from millpond.domain.registry import ModelStage
from millpond.domain.reviews import Activity, Comment, TransitionRequest, VersionLock
from millpond.domain.webhooks import Delivery, DeliveryStatus, Webhook
from millpond.store.sql.registry_writes import SqlRegistryTransaction
from millpond.store.sql.review_reads import SqlReviewReader

_OF_MODEL = (
    "model_comments",
    "transition_requests",
    "model_locks",
    "model_activities",
    "model_gates",
)
_OF_VERSION = _OF_MODEL[:3]


class SqlReviewTransaction(SqlReviewReader, SqlRegistryTransaction):
    """See ``review_contract.ReviewTransaction``."""

    def add_activity(self, activity: Activity) -> None:
        self._insert(
            "model_activities",
            registered_id=self._registered_id(activity.name),
            version=activity.version,
            kind=activity.kind.value,
            user_name=activity.user,
            creation_ms=activity.creation_ms,
            details=json.dumps(activity.details),
        )

    def add_comment(self, comment: Comment) -> None:
        self._insert(
            "model_comments",
            registered_id=self._registered_id(comment.name),
            version=comment.version,
            comment_id=comment.comment_id,
            user_name=comment.user,
            comment=comment.comment,
            creation_ms=comment.creation_ms,
            last_update_ms=comment.last_update_ms,
        )

    def change_comment(self, comment_id: str, text: str, last_update_ms: int) -> None:
        self._session.change(
            "UPDATE model_comments SET comment = :comment, last_update_ms = :last_update_ms "
            "WHERE comment_id = :comment_id",
            {"comment": text, "last_update_ms": last_update_ms, "comment_id": comment_id},
        )

    def delete_comment(self, comment_id: str) -> None:
        self._session.change(
            "DELETE FROM model_comments WHERE comment_id = :comment_id", {"comment_id": comment_id}
        )

    def add_transition_request(self, request: TransitionRequest) -> bool:
        added = self._insert(
            "transition_requests",
            " ON CONFLICT (registered_id, version, stage, user_name) DO NOTHING",
            registered_id=self._registered_id(request.name),
            version=request.version,
            stage=request.stage.value,
            user_name=request.user,
            comment=request.comment,
            creation_ms=request.creation_ms,
        )
        return added > 0

    def delete_transition_requests(
        self, name: str, version: int, stage: ModelStage, user: str | None = None
    ) -> int:
        parameters: dict[str, Any] = {
            "registered_id": self._registered_id(name),
            "version": version,
            "stage": stage.value,
        }
        narrower = ""
        if user is not None:
            narrower = " AND user_name = :user_name"
            parameters["user_name"] = user
        return self._session.change(
            "DELETE FROM transition_requests WHERE registered_id = :registered_id "
            f"AND version = :version AND stage = :stage{narrower}",
            parameters,
        )

    def set_version_lock(self, lock: VersionLock) -> None:
        self._insert(
            "model_locks",
            " ON CONFLICT (registered_id, version, holder) DO UPDATE SET "
            "reason = excluded.reason, user_name = excluded.user_name, "
            "creation_ms = excluded.creation_ms",
            registered_id=self._registered_id(lock.name),
            version=lock.version,
            holder=lock.holder,
            reason=lock.reason,
            user_name=lock.user,
            creation_ms=lock.creation_ms,
        )

    def delete_version_lock(self, name: str, version: int, holder: str) -> bool:
        changed = self._session.change(
            "DELETE FROM model_locks WHERE registered_id = :registered_id "
            "AND version = :version AND holder = :holder",
            {"registered_id": self._registered_id(name), "version": version, "holder": holder},
        )
        return changed > 0

    def set_gate(self, gate: Gate) -> None:
        self._insert(
            "model_gates",
            " ON CONFLICT (registered_id, alias) DO UPDATE SET rule = excluded.rule, "
            "user_name = excluded.user_name, creation_ms = excluded.creation_ms",
            registered_id=self._registered_id(gate.name),
            alias=gate.alias,
            rule=gate.rule,
            user_name=gate.user,
            creation_ms=gate.creation_ms,
        )

    def delete_gate(self, name: str, alias: str) -> bool:
        changed = self._session.change(
            "DELETE FROM model_gates WHERE registered_id = :registered_id AND alias = :alias",
            {"registered_id": self._registered_id(name), "alias": alias},
        )
        return changed > 0

    def set_webhook(self, webhook: Webhook) -> None:
        columns = (
            *("registered_id", "dialect", "name", "url", "events", "description", "status"),
            *("sealed", "checks_certificate", "creation_ms", "last_update_ms"),
        )
        changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
        self._insert(
            "webhooks",
            f" ON CONFLICT (webhook_id) DO UPDATE SET {changes}",
            webhook_id=webhook.webhook_id,
            registered_id=None if webhook.model is None else self._registered_id(webhook.model),
            dialect=webhook.dialect.value,
            name=webhook.name,
            url=webhook.url,
            events=",".join(webhook.events),
            description=webhook.description,
            status=webhook.status.value,
            sealed=webhook.sealed,
            checks_certificate=webhook.checks_certificate,
            creation_ms=webhook.creation_ms,
            last_update_ms=webhook.last_update_ms,
        )

    def delete_webhook(self, webhook_id: str) -> None:
        for table in ("webhook_deliveries", "webhooks"):
            self._session.change(
                f"DELETE FROM {table} WHERE webhook_id = :webhook_id", {"webhook_id": webhook_id}
            )

    def add_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._insert(
                "webhook_deliveries",
                webhook_id=delivery.webhook_id,
                event=delivery.event,
                body=delivery.body,
                creation_ms=delivery.creation_ms,
                next_ms=delivery.next_ms,
                attempts=delivery.attempts,
                status=delivery.status.value,
                answer=delivery.answer,
            )

    def change_delivery(
        self,
        delivery_id: int,
        *,
        attempts: int,
        next_ms: int,
        status: DeliveryStatus,
        answer: str,
    ) -> None:
        self._session.change(
            "UPDATE webhook_deliveries SET attempts = :attempts, next_ms = :next_ms, "
            "status = :status, answer = :answer WHERE row_id = :row_id",
            {
                "row_id": delivery_id,
                "attempts": attempts,
                "next_ms": next_ms,
                "status": status.value,
                "answer": answer,
            },
        )

    def delete_deliveries(self, before_ms: int) -> int:
        return self._session.change(
            "DELETE FROM webhook_deliveries WHERE workspace_id = :workspace_id "
            "AND creation_ms < :before_ms AND status <> 'waiting'",
            {"workspace_id": self._workspace_id, "before_ms": before_ms},
        )

    def delete_registered_model(self, name: str) -> None:
        row = {"registered_id": self._registered_id(name)}
        for table in _OF_MODEL:
            self._session.change(f"DELETE FROM {table} WHERE registered_id = :registered_id", row)
        self._session.change(
            "DELETE FROM webhook_deliveries WHERE webhook_id IN "
            "(SELECT webhook_id FROM webhooks WHERE registered_id = :registered_id)",
            row,
        )
        self._session.change("DELETE FROM webhooks WHERE registered_id = :registered_id", row)
        super().delete_registered_model(name)

    def delete_model_version(self, name: str, version: int) -> None:
        row = {"registered_id": self._registered_id(name), "version": version}
        for table in _OF_VERSION:
            self._session.change(
                f"DELETE FROM {table} WHERE registered_id = :registered_id AND version = :version",
                row,
            )
        super().delete_model_version(name, version)

    def _insert(self, table: str, on_conflict: str = "", **values: Any) -> int:
        """Add a row of this workspace; how many rows changed."""
        columns = ", ".join(["workspace_id", *values])
        placeholders = ", ".join(f":{column}" for column in ["workspace_id", *values])
        return self._session.change(
            f"INSERT INTO {table} ({columns}) VALUES ({placeholders}){on_conflict}",
            {"workspace_id": self._workspace_id, **values},
        )
