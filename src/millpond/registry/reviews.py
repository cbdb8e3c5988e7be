"""Comments, requests to move a version, and locks: what people and jobs say about versions."""

from collections.abc import Callable

from millpond.domain import registry, reviews
from millpond.domain.registry import NOBODY, ModelStage, ModelVersion
from millpond.domain.reviews import Activity, ActivityKind, Comment, TransitionRequest, VersionLock
from millpond.errors import AlreadyExists, DoesNotExist
from millpond.registry.activities import note
from millpond.registry.model_versions import move_version, require_version
from millpond.store.contract import Transaction


def add_comment(
    comment_id: str, name: str, number: int, text: str, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], Comment]:
    registry.check_model_name(name)
    reviews.check_comment(text)
    comment = Comment(comment_id, name, number, who, text, now_ms, now_ms)

    def act(tx: Transaction) -> Comment:
        require_version(tx, name, number)
        tx.add_comment(comment)
        note(tx, ActivityKind.NEW_COMMENT, name, number, who, now_ms, comment=text)
        return comment

    return act


def change_comment(comment_id: str, text: str, now_ms: int) -> Callable[[Transaction], Comment]:
    reviews.check_comment(text)

    def act(tx: Transaction) -> Comment:
        _require_comment(tx, comment_id)
        tx.change_comment(comment_id, text, now_ms)
        return _require_comment(tx, comment_id)

    return act


def delete_comment(comment_id: str) -> Callable[[Transaction], None]:
    def act(tx: Transaction) -> None:
        _require_comment(tx, comment_id)
        tx.delete_comment(comment_id)

    return act


def request_transition(
    name: str, number: int, stage: ModelStage, comment: str, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], TransitionRequest]:
    """Ask for a version to be moved to a stage."""
    registry.check_model_name(name)
    reviews.check_note(comment)
    request = TransitionRequest(name, number, stage, who, comment, now_ms)

    def act(tx: Transaction) -> TransitionRequest:
        version = require_version(tx, name, number)
        if version.stage is stage:
            raise reviews.is_there_already(name, number, stage)
        if not tx.add_transition_request(request):
            raise AlreadyExists(
                f"That version {number} of model '{name}' should go to {stage.value} is asked for "
                "already."
            )
        details = _details(version, stage, comment)
        note(tx, ActivityKind.REQUESTED_TRANSITION, name, number, who, now_ms, None, **details)
        return request

    return act


def approve_transition(
    name: str,
    number: int,
    stage: ModelStage,
    archive_others: bool,
    comment: str,
    now_ms: int,
    who: str = NOBODY,
) -> Callable[[Transaction], Activity]:
    """Move a version as it was asked for."""
    reviews.check_note(comment)
    kind = ActivityKind.APPROVED_REQUEST
    move = move_version(name, number, stage, archive_others, now_ms, who, comment, kind)

    def act(tx: Transaction) -> Activity:
        _require_request(tx, name, number, stage)
        move(tx)
        return tx.activities(name, number, 1)[0]

    return act


def reject_transition(
    name: str, number: int, stage: ModelStage, comment: str, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], Activity]:
    """Answer all who asked for this stage that it will not be."""
    reviews.check_note(comment)

    def act(tx: Transaction) -> Activity:
        version = _require_request(tx, name, number, stage)
        tx.delete_transition_requests(name, number, stage)
        details = _details(version, stage, comment)
        note(tx, ActivityKind.REJECTED_REQUEST, name, number, who, now_ms, None, **details)
        return tx.activities(name, number, 1)[0]

    return act


def cancel_transition(
    name: str,
    number: int,
    stage: ModelStage,
    creator: str,
    comment: str,
    now_ms: int,
    who: str = NOBODY,
) -> Callable[[Transaction], Activity]:
    """Take back what one user asked for."""
    reviews.check_note(comment)

    def act(tx: Transaction) -> Activity:
        version = require_version(tx, name, number)
        if not tx.delete_transition_requests(name, number, stage, creator):
            raise reviews.request_not_found(name, number, stage)
        details = _details(version, stage, comment)
        note(tx, ActivityKind.CANCELLED_REQUEST, name, number, who, now_ms, None, **details)
        return tx.activities(name, number, 1)[0]

    return act


def lock_version(
    name: str, number: int, holder: str, reason: str, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], VersionLock]:
    """Say that a version is in use, so that nobody deletes it; again, to say it anew."""
    registry.check_model_name(name)
    reviews.check_holder(holder)
    reviews.check_note(reason)
    lock = VersionLock(name, number, holder, reason, who, now_ms)

    def act(tx: Transaction) -> VersionLock:
        require_version(tx, name, number)
        tx.set_version_lock(lock)
        note(tx, ActivityKind.LOCKED, name, number, who, now_ms, holder=holder, reason=reason)
        return lock

    return act


def unlock_version(
    name: str, number: int, holder: str, now_ms: int, who: str = NOBODY
) -> Callable[[Transaction], None]:
    def act(tx: Transaction) -> None:
        require_version(tx, name, number)
        if not tx.delete_version_lock(name, number, holder):
            raise DoesNotExist(f"Version {number} of model '{name}' is not locked by '{holder}'.")
        note(tx, ActivityKind.UNLOCKED, name, number, who, now_ms, holder=holder)

    return act


def _require_comment(tx: Transaction, comment_id: str) -> Comment:
    comment = tx.comment(comment_id)
    if comment is None:
        raise reviews.comment_not_found(comment_id)
    return comment


def _require_request(tx: Transaction, name: str, number: int, stage: ModelStage) -> ModelVersion:
    version = require_version(tx, name, number)
    if not any(request.stage is stage for request in tx.transition_requests(name, number)):
        raise reviews.request_not_found(name, number, stage)
    return version


def _details(version: ModelVersion, stage: ModelStage, comment: str) -> dict[str, str]:
    return {"from_stage": version.stage.value, "to_stage": stage.value, "comment": comment}
