"""What keys, names and texts may look like: the limits that MLflow's server sets, in its words."""

import json
import posixpath
import re
from typing import Any

from millpond.errors import InvalidParameter

MAX_KEY_LENGTH = 250
MAX_EXPERIMENT_NAME_LENGTH = 500
MAX_EXPERIMENT_TAG_VALUE_LENGTH = 20_000
MAX_PARAM_VALUE_LENGTH = 6_000
MAX_TAG_VALUE_LENGTH = 8_000

_KEY = re.compile(r"[/\w.\- :]*")
_KEY_HINT = (
    "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.),"
    " spaces ( ), colon(:) and slashes (/)."
)
# Nearly every key is made of these alone, and such a key needs no further look.
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_\-]{1,250}")
_RUN_ID = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")


def invalid_value(field: str, value: Any, hint: str = "") -> InvalidParameter:
    """The protocol's error for a value that a field cannot have."""
    shown = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    message = f"Invalid value {shown} for parameter '{field}' supplied"
    return InvalidParameter(f"{message}: {hint}" if hint else f"{message}.")


def missing_value(field: str) -> InvalidParameter:
    """The protocol's error for a required field that is absent or empty."""
    return InvalidParameter(f"Missing value for required parameter '{field}'.")


def too_long(field: str, limit: int) -> InvalidParameter:
    return InvalidParameter(f"'{field}' exceeds the maximum length of {limit} characters")


def check_key(key: str, field: str, length_field: str | None = None) -> None:
    """Refuse a metric, param or tag key that MLflow's server would refuse.

    field: how the key is called in an error about its characters (``metrics[3].name``);
    length_field: how it is called in an error about its length, when that differs.
    """
    if _PLAIN_KEY.fullmatch(key):
        return
    if not _KEY.fullmatch(key):
        raise invalid_value(field, key, _KEY_HINT)
    check_is_its_own_path(key, field)
    check_length(key, MAX_KEY_LENGTH, length_field or field)


def check_is_its_own_path(name: str, field: str) -> None:
    """Refuse a name that would be another one where names are files."""
    resolved = posixpath.normpath(name)
    if resolved != name or resolved == "." or resolved.startswith(("..", "/")):
        hint = (
            "Names may be treated as files in certain cases, and must not resolve to other names"
            f" when treated as such. This name would resolve to {resolved!r}"
        )
        raise invalid_value(field, name, hint)


def check_length(value: str, limit: int, field: str) -> None:
    if len(value) > limit:
        raise too_long(field, limit)


def check_run_id(run_id: str) -> None:
    if not _RUN_ID.fullmatch(run_id):
        raise invalid_value("run_id", run_id)
