"""Errors as answers: which HTTP status a code has, and what the client is told."""

import logging

import msgspec

from millpond.api.http import Response
from millpond.errors import MillpondError

_log = logging.getLogger("millpond.api")

# The stock client repeats a call for minutes on 429, 500, 502, 503 and 504, so a bad request must
# never get one of these.
STATUS = {
    "INTERNAL_ERROR": 500,
    "INVALID_PARAMETER_VALUE": 400,
    "BAD_REQUEST": 400,
    "FEATURE_DISABLED": 400,
    "RESOURCE_ALREADY_EXISTS": 400,
    "RESOURCE_CONFLICT": 409,
    "RESOURCE_DOES_NOT_EXIST": 404,
    "ENDPOINT_NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "PERMISSION_DENIED": 403,
    "REQUEST_TOO_LARGE": 413,
    "QUOTA_EXCEEDED": 413,
    "RESOURCE_EXHAUSTED": 429,
    "NOT_IMPLEMENTED": 501,
    "TEMPORARILY_UNAVAILABLE": 503,
}
_RETRY_CODES = {"RESOURCE_EXHAUSTED", "TEMPORARILY_UNAVAILABLE"}


def error_body(error: MillpondError) -> bytes:
    return msgspec.json.encode({"error_code": error.error_code, "message": error.message})


def error_answer(error: Exception) -> Response:
    """The answer to a request that failed; what was not raised on purpose is logged, not told."""
    if not isinstance(error, MillpondError):
        _log.exception("a request failed", exc_info=error)
        error = MillpondError("The server failed on this request; its log has the cause.")
    headers = [(b"content-type", b"application/json")]
    if error.error_code in _RETRY_CODES:
        headers.append((b"retry-after", b"1"))
    return Response(error_body(error), STATUS[error.error_code], headers)
