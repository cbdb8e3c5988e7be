"""Reviews of models and webhooks in plain Python; see ``memory``."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from millpond.domain.gates import Gate
from millpond.domain.registry import ModelStage
from millpond.domain.reviews import Activity, Comment, TransitionRequest, VersionLock
from millpond.domain.webhooks import Delivery, DeliveryStatus, Webhook
from millpond.store.memory_registry import MemoryRegistry, RegistryTables


@dataclass
class ReviewTables(RegistryTables):
    """What is said and done about the models of one workspace."""

    activities: dict[int, Activity] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    requests: dict[tuple[str, int, ModelStage, str], TransitionRequest] = field(
        default_factory=dict
    )
    locks: dict[tuple[str, int, str], VersionLock] = field(default_factory=dict)
    gates: dict[tuple[str, str], Gate] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    deliveries: dict[int, Delivery] = field(default_factory=dict)


class MemoryReviews(MemoryRegistry):
    """Reads and changes one copy of one workspace's reviews."""

    _tables: ReviewTables

    def activities(self, name: str, version: int | None, limit: int) -> list[Activity]:
        found = [
            activity
            for activity in self._tables.activities.values()
            if activity.name == name and version in (None, activity.version)
        ]
        return found[::-1][:limit]

    def comments(self, name: str, version: int) -> list[Comment]:
        return [c for c in self._tables.comments.values() if (c.name, c.version) == (name, version)]

    def comment(self, comment_id: str) -> Comment | None:
        return self._tables.comments.get(comment_id)

    def transition_requests(self, name: str, version: int) -> list[TransitionRequest]:
        return [r for r in self._tables.requests.values() if (r.name, r.version) == (name, version)]

    def version_locks(self, name: str, version: int | None = None) -> list[VersionLock]:
        return [
            lock
            for (owner, number, _), lock in sorted(self._tables.locks.items())
            if owner == name and version in (None, number)
        ]

    def gates(self, name: str) -> list[Gate]:
        return [gate for (owner, _), gate in sorted(self._tables.gates.items()) if owner == name]

    def webhooks(self) -> list[Webhook]:
        return sorted(self._tables.webhooks.values(), key=lambda w: (-w.creation_ms, w.webhook_id))

    def webhook(self, webhook_id: str) -> Webhook | None:
        return self._tables.webhooks.get(webhook_id)

    def deliveries(self, webhook_id: str, limit: int) -> list[Delivery]:
        found = [d for d in self._tables.deliveries.values() if d.webhook_id == webhook_id]
        return found[::-1][:limit]

    def due_deliveries(self, now_ms: int, limit: int) -> list[Delivery]:
        due = [delivery for delivery in self._waiting() if delivery.next_ms <= now_ms]
        return sorted(due, key=lambda d: (d.next_ms, d.delivery_id))[:limit]

    def next_delivery_ms(self) -> int | None:
        return min((delivery.next_ms for delivery in self._waiting()), default=None)

    def _waiting(self) -> list[Delivery]:
        deliveries = self._tables.deliveries.values()
        return [d for d in deliveries if d.status is DeliveryStatus.WAITING]

    def add_activity(self, activity: Activity) -> None:
        number = max(self._tables.activities, default=0) + 1
        self._tables.activities[number] = activity

    def add_comment(self, comment: Comment) -> None:
        self._tables.comments[comment.comment_id] = comment

    def change_comment(self, comment_id: str, text: str, last_update_ms: int) -> None:
        old = self._tables.comments[comment_id]
        self._tables.comments[comment_id] = msgspec.structs.replace(
            old, comment=text, last_update_ms=last_update_ms
        )

    def delete_comment(self, comment_id: str) -> None:
        del self._tables.comments[comment_id]

    def add_transition_request(self, request: TransitionRequest) -> bool:
        place = (request.name, request.version, request.stage, request.user)
        if place in self._tables.requests:
            return False
        self._tables.requests[place] = request
        return True

    def delete_transition_requests(
        self, name: str, version: int, stage: ModelStage, user: str | None = None
    ) -> int:
        found = [
            place
            for place in self._tables.requests
            if place[:3] == (name, version, stage) and user in (None, place[3])
        ]
        for place in found:
            del self._tables.requests[place]
        return len(found)

    def set_version_lock(self, lock: VersionLock) -> None:
        self._tables.locks[lock.name, lock.version, lock.holder] = lock

    def delete_version_lock(self, name: str, version: int, holder: str) -> bool:
        return self._tables.locks.pop((name, version, holder), None) is not None

    def set_gate(self, gate: Gate) -> None:
        self._tables.gates[gate.name, gate.alias] = gate

    def delete_gate(self, name: str, alias: str) -> bool:
        return self._tables.gates.pop((name, alias), None) is not None

    def set_webhook(self, webhook: Webhook) -> None:
        self._tables.webhooks[webhook.webhook_id] = webhook

    def delete_webhook(self, webhook_id: str) -> None:
        del self._tables.webhooks[webhook_id]
        self._drop(self._tables.deliveries, lambda d: d.webhook_id == webhook_id)

    def add_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            number = max(self._tables.deliveries, default=0) + 1
            self._tables.deliveries[number] = msgspec.structs.replace(delivery, delivery_id=number)

    def change_delivery(
        self,
        delivery_id: int,
        *,
        attempts: int,
        next_ms: int,
        status: DeliveryStatus,
        answer: str,
    ) -> None:
        old = self._tables.deliveries.get(delivery_id)
        if old is not None:
            self._tables.deliveries[delivery_id] = msgspec.structs.replace(
                old, attempts=attempts, next_ms=next_ms, status=status, answer=answer
            )

    def delete_deliveries(self, before_ms: int) -> int:
        return self._drop(
            self._tables.deliveries,
            lambda d: d.creation_ms < before_ms and d.status is not DeliveryStatus.WAITING,
        )

    def delete_registered_model(self, name: str) -> None:
        super().delete_registered_model(name)
        self._drop(self._tables.activities, lambda a: a.name == name)
        self._drop(self._tables.gates, lambda gate: gate.name == name)
        for webhook in self.webhooks():
            if webhook.model == name:
                self.delete_webhook(webhook.webhook_id)

    def delete_model_version(self, name: str, version: int) -> None:
        super().delete_model_version(name, version)
        for table in (self._tables.comments, self._tables.requests, self._tables.locks):
            self._drop(table, lambda r: (r.name, r.version) == (name, version))

    def _rename(self, name: str, new_name: str) -> None:
        super()._rename(name, new_name)
        tables: Any = self._tables
        for records in ("activities", "comments", "requests", "locks", "gates"):
            renamed = {}
            for place, record in getattr(tables, records).items():
                if record.name == name:
                    record = msgspec.structs.replace(record, name=new_name)
                    place = (new_name, *place[1:]) if isinstance(place, tuple) else place
                renamed[place] = record
            setattr(tables, records, renamed)
        for webhook in self.webhooks():
            if webhook.model == name:
                self.set_webhook(msgspec.structs.replace(webhook, model=new_name))

    @staticmethod
    def _drop(table: Any, is_gone: Any) -> int:
        gone = [place for place, record in table.items() if is_gone(record)]
        for place in gone:
            del table[place]
        return len(gone)
