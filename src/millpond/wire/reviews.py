"""Comments, requests to move versions, and activities on the wire, in Databricks' words."""

from typing import Any

from millpond.domain.registry import RegisteredModel
from millpond.domain.reviews import Activity, ActivityKind, Comment, TransitionRequest
from millpond.wire.messages import Message
from millpond.wire.registry import registered_model_answer


class CreateComment(Message):
    required = ("name", "version", "comment")

    name: str | None = None
    version: str | None = None
    comment: str | None = None


class UpdateComment(Message):
    required = ("id", "comment")

    id: str | None = None
    comment: str | None = None


class NamedById(Message):
    required = ("id",)

    id: str | None = None


class CreateTransitionRequest(Message):
    required = ("name", "version", "stage")

    name: str | None = None
    version: str | None = None
    stage: str | None = None
    comment: str = ""


class ApproveTransitionRequest(Message):
    required = ("name", "version", "stage")

    name: str | None = None
    version: str | None = None
    stage: str | None = None
    archive_existing_versions: bool = False
    comment: str = ""


class DeleteTransitionRequest(Message):
    required = ("name", "version", "stage")

    name: str | None = None
    version: str | None = None
    stage: str | None = None
    creator: str = ""
    comment: str = ""


def comment_answer(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.comment_id,
        "comment": comment.comment,
        "user_id": comment.user,
        "creation_timestamp": comment.creation_ms,
        "last_updated_timestamp": comment.last_update_ms,
        "available_actions": ["EDIT_COMMENT", "DELETE_COMMENT"],
    }


def request_answer(request: TransitionRequest) -> dict[str, Any]:
    return {
        "to_stage": request.stage.value,
        "comment": request.comment,
        "user_id": request.user,
        "creation_timestamp": request.creation_ms,
        "available_actions": [
            "APPROVE_TRANSITION_REQUEST",
            "REJECT_TRANSITION_REQUEST",
            "CANCEL_TRANSITION_REQUEST",
        ],
    }


def activity_answer(activity: Activity) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "activity_type": activity.kind.value,
        "user_id": activity.user,
        "creation_timestamp": activity.creation_ms,
    }
    if activity.kind is ActivityKind.SYSTEM_TRANSITION:
        answer["system_comment"] = "Archived for the version that took its place."
    return answer | {name: value for name, value in activity.details.items() if value}


def databricks_model_answer(model: RegisteredModel) -> dict[str, Any]:
    """A registered model in Databricks' words; who asks may do all there is."""
    return registered_model_answer(model) | {
        "id": model.name,
        "permission_level": "CAN_MANAGE",
    }
