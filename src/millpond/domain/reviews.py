"""How people agree on versions: comments, requests to move one, locks, and what happened."""

from enum import Enum

from msgspec import Struct

from millpond.domain import names
from millpond.domain.registry import ModelStage
from millpond.errors import DoesNotExist, InUse, InvalidParameter

MAX_TEXT_LENGTH = 65_535
MAX_HOLDER_LENGTH = 250
MAX_ACTIVITIES = 10_000


class ActivityKind(Enum):
    """What can happen to a model; the values that Databricks has a word for are its words."""

    CREATED_MODEL = "CREATED_MODEL"
    RENAMED_MODEL = "RENAMED_MODEL"
    CREATED_VERSION = "CREATED_VERSION"
    DELETED_VERSION = "DELETED_VERSION"
    SET_TAG = "SET_TAG"
    DELETED_TAG = "DELETED_TAG"
    SET_ALIAS = "SET_ALIAS"
    DELETED_ALIAS = "DELETED_ALIAS"
    APPLIED_TRANSITION = "APPLIED_TRANSITION"
    SYSTEM_TRANSITION = "SYSTEM_TRANSITION"
    REQUESTED_TRANSITION = "REQUESTED_TRANSITION"
    APPROVED_REQUEST = "APPROVED_REQUEST"
    REJECTED_REQUEST = "REJECTED_REQUEST"
    CANCELLED_REQUEST = "CANCELLED_REQUEST"
    NEW_COMMENT = "NEW_COMMENT"
    SET_GATE = "SET_GATE"
    DELETED_GATE = "DELETED_GATE"
    LOCKED = "LOCKED"
    UNLOCKED = "UNLOCKED"


class Activity(Struct, frozen=True):
    """One thing that happened to a model, or to one version of it.

    details: more of it by name, such as from_stage, to_stage, comment, alias, key, value.
    """

    name: str
    version: int | None
    kind: ActivityKind
    user: str
    creation_ms: int
    details: dict[str, str] = {}


class Comment(Struct, frozen=True):
    """What someone said about a version."""

    comment_id: str
    name: str
    version: int
    user: str
    comment: str
    creation_ms: int
    last_update_ms: int


class TransitionRequest(Struct, frozen=True):
    """That someone would like a version in a stage; one for each user and stage."""

    name: str
    version: int
    stage: ModelStage
    user: str
    comment: str
    creation_ms: int


class VersionLock(Struct, frozen=True):
    """That a version is in use, and by what; it cannot be deleted meanwhile."""

    name: str
    version: int
    holder: str
    reason: str
    user: str
    creation_ms: int


def check_comment(text: str) -> None:
    if not text.strip():
        raise names.missing_value("comment")
    names.check_length(text, MAX_TEXT_LENGTH, "comment")


def check_note(text: str) -> None:
    """A comment that may be empty."""
    names.check_length(text, MAX_TEXT_LENGTH, "comment")


def check_holder(holder: str) -> None:
    if not holder.strip():
        raise names.missing_value("holder")
    names.check_length(holder, MAX_HOLDER_LENGTH, "holder")


def comment_not_found(comment_id: str) -> DoesNotExist:
    return DoesNotExist(f"Comment with id '{comment_id}' not found.")


def request_not_found(name: str, version: int, stage: ModelStage) -> DoesNotExist:
    return DoesNotExist(
        f"Nobody asks for version {version} of model '{name}' to go to {stage.value}."
    )


def is_there_already(name: str, version: int, stage: ModelStage) -> InvalidParameter:
    return InvalidParameter(f"Version {version} of model '{name}' is in {stage.value} already.")


def in_use(locks: "list[VersionLock]") -> InUse:
    """The error for deleting what is locked."""
    holders = "; ".join(
        f"version {lock.version} by {lock.holder}" + (f" ({lock.reason})" if lock.reason else "")
        for lock in locks[:5]
    )
    more = f" and {len(locks) - 5} more" if len(locks) > 5 else ""
    return InUse(
        f"Model '{locks[0].name}' is in use: {holders}{more}. Stop what uses it, or release the "
        "lock, before deleting it."
    )
