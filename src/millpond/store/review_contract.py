"""What every store promises about reviews of models and webhooks; see ``contract``."""

from collections.abc import Sequence
from typing import Protocol

from millpond.domain.gates import Gate
from millpond.domain.registry import ModelStage
from millpond.domain.reviews import Activity, Comment, TransitionRequest, VersionLock
from millpond.domain.webhooks import Delivery, DeliveryStatus, Webhook


class ReviewReader(Protocol):
    """One moment of what people say and do about the models of one workspace."""

    def activities(self, name: str, version: int | None, limit: int) -> list[Activity]:
        """What happened to a model, or to one version of it, the latest first."""

    def comments(self, name: str, version: int) -> list[Comment]:
        """What was said about a version, in that order."""

    def comment(self, comment_id: str) -> Comment | None: ...

    def transition_requests(self, name: str, version: int) -> list[TransitionRequest]:
        """What is asked for a version, in that order."""

    def version_locks(self, name: str, version: int | None = None) -> list[VersionLock]:
        """The locks of a version, or of all versions of a model, by version and holder."""

    def gates(self, name: str) -> list[Gate]:
        """The gates of a model, by alias."""

    def webhooks(self) -> list[Webhook]:
        """All webhooks, the newest first; ties by id."""

    def webhook(self, webhook_id: str) -> Webhook | None: ...

    def deliveries(self, webhook_id: str, limit: int) -> list[Delivery]:
        """The messages of a webhook, the latest first."""

    def due_deliveries(self, now_ms: int, limit: int) -> list[Delivery]:
        """Those that wait and are due, the longest due first."""

    def next_delivery_ms(self) -> int | None:
        """When the first of those that wait is due."""


class ReviewTransaction(ReviewReader, Protocol):
    """The changes. What belongs to a model or version goes with it, but for the activities of a
    version, which stay as long as the model."""

    def add_activity(self, activity: Activity) -> None: ...

    def add_comment(self, comment: Comment) -> None: ...

    def change_comment(self, comment_id: str, text: str, last_update_ms: int) -> None: ...

    def delete_comment(self, comment_id: str) -> None: ...

    def add_transition_request(self, request: TransitionRequest) -> bool:
        """False, and nothing is changed, if this user asks for this stage already."""

    def delete_transition_requests(
        self, name: str, version: int, stage: ModelStage, user: str | None = None
    ) -> int:
        """Forget who asks for this stage, or that one user does; how many that were."""

    def set_version_lock(self, lock: VersionLock) -> None:
        """Keep a lock, in the place of one that its holder has on this version already."""

    def delete_version_lock(self, name: str, version: int, holder: str) -> bool:
        """Whether there was such a lock."""

    def set_gate(self, gate: Gate) -> None:
        """Keep a gate, in the place of the one that the alias has."""

    def delete_gate(self, name: str, alias: str) -> bool:
        """Whether there was such a gate."""

    def set_webhook(self, webhook: Webhook) -> None:
        """Keep a webhook, in the place of the one of this id."""

    def delete_webhook(self, webhook_id: str) -> None:
        """Remove a webhook with its messages."""

    def add_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Keep messages until they are delivered, and a while longer."""

    def change_delivery(
        self,
        delivery_id: int,
        *,
        attempts: int,
        next_ms: int,
        status: DeliveryStatus,
        answer: str,
    ) -> None: ...

    def delete_deliveries(self, before_ms: int) -> int:
        """Forget the messages of before that do not wait; how many that were."""
