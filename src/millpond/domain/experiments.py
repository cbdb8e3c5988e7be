"""Experiments: a named group of runs, and the rules about their names, tags and places."""

import re
from enum import Enum
from typing import Annotated
from urllib.parse import unquote, urlparse, urlsplit, urlunsplit

from msgspec import Meta, Struct

from millpond.domain import names
from millpond.errors import InvalidParameter

DEFAULT_EXPERIMENT_ID = 0
DEFAULT_EXPERIMENT_NAME = "Default"
MAX_ARTIFACT_LOCATION_LENGTH = 2048
MAX_PAGE = 50_000
_EXPERIMENT_ID = re.compile(r"-?[0-9]{1,18}")


class Stage(Enum):
    """Whether a record is in use or in the bin; MLflow's ``lifecycle_stage``."""

    ACTIVE = "active"
    DELETED = "deleted"


class ViewType(Enum):
    """Which stages a search shows."""

    ACTIVE_ONLY = 1
    DELETED_ONLY = 2
    ALL = 3

    def shows(self, stage: Stage) -> bool:
        return self is ViewType.ALL or (stage is Stage.ACTIVE) == (self is ViewType.ACTIVE_ONLY)


class Tag(Struct, frozen=True, forbid_unknown_fields=True):
    key: Annotated[str, Meta(min_length=1)]
    value: str = ""


class Experiment(Struct, frozen=True):
    """One experiment. Times are epoch milliseconds UTC; tags are sorted by key."""

    experiment_id: int
    name: str
    artifact_location: str
    stage: Stage
    creation_ms: int
    last_update_ms: int
    tags: tuple[Tag, ...] = ()
    workspace: str = "default"


def parse_experiment_id(text: str) -> int:
    """The number in an experiment id from the wire. Raises InvalidParameter."""
    # int() takes blanks and underscores too; ids written so are nobody's.
    if _EXPERIMENT_ID.fullmatch(text):
        return int(text)
    raise InvalidParameter(
        f"Invalid experiment ID '{text}'. Experiment ID must be a valid integer."
    )


def check_name(name: str) -> None:
    if not name:
        raise InvalidParameter(f"Invalid experiment name: '{name}'")
    names.check_length(name, names.MAX_EXPERIMENT_NAME_LENGTH, "name")


def check_tag(key: str, value: str) -> None:
    names.check_key(key, "key")
    names.check_length(value, names.MAX_EXPERIMENT_TAG_VALUE_LENGTH, "value")


def check_artifact_location(location: str) -> None:
    """Refuse a place where artifacts cannot be kept. Raises InvalidParameter."""
    if location.startswith("runs:"):
        raise InvalidParameter(f"Artifact location cannot be a runs:/ URI. Given: '{location}'")
    if "\x00" in location:
        raise InvalidParameter("'artifact_location' can't include NUL characters.")
    try:
        parts = urlparse(location)
    except ValueError:
        raise InvalidParameter(f"'artifact_location' is not a URL. Given: '{location}'") from None
    if parts.fragment or parts.params:
        raise InvalidParameter("'artifact_location' URL can't include fragments or params.")
    if ".." in unquote(parts.query):
        raise InvalidParameter("Invalid query string")
    if len(location) > MAX_ARTIFACT_LOCATION_LENGTH:
        raise InvalidParameter(
            "Invalid artifact path length. The length of the artifact path cannot be greater than "
            f"{MAX_ARTIFACT_LOCATION_LENGTH} characters."
        )


def place_below(location: str, path: str) -> str:
    """The place of a relative path inside a location; a query stays at the end."""
    parts = urlsplit(location)
    if not parts.scheme or not parts.query:
        return f"{location.rstrip('/')}/{path}"
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path}"))


def require_active(experiment: Experiment) -> None:
    if experiment.stage is not Stage.ACTIVE:
        raise InvalidParameter(
            f"The experiment {experiment.experiment_id} must be in the 'active' state. "
            f"Current state is {experiment.stage.value}."
        )
