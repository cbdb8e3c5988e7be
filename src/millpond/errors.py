"""Every error Millpond raises on purpose: one tree, each with the protocol's stable error code.

Only ``api/`` knows which HTTP status a code has, only ``cli/`` which exit code.
"""

from typing import ClassVar


class MillpondError(Exception):
    """An error with a sentence for the caller and a code a program can test."""

    error_code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidParameter(MillpondError):
    """A field of the request is missing, of the wrong type, or out of its limits."""

    error_code = "INVALID_PARAMETER_VALUE"


class BadRequest(MillpondError):
    """The request is well formed, but what it asks for contradicts what is stored."""

    error_code = "BAD_REQUEST"


class GateNotPassed(BadRequest):
    """An alias may not be moved: the version does not pass the rule that the move is held to."""


class InUse(MillpondError):
    """What should be deleted is in use, and locked by what uses it."""

    error_code = "RESOURCE_CONFLICT"


class DoesNotExist(MillpondError):
    """The named resource is not there (or not in the state the call needs)."""

    error_code = "RESOURCE_DOES_NOT_EXIST"


class AlreadyExists(MillpondError):
    """A resource with this unique name is already there, active or deleted."""

    error_code = "RESOURCE_ALREADY_EXISTS"


class EndpointNotFound(MillpondError):
    """No route of the server has this path."""

    error_code = "ENDPOINT_NOT_FOUND"


class MethodNotAllowed(MillpondError):
    """The path exists, but not with this HTTP method."""

    error_code = "METHOD_NOT_ALLOWED"


class FeatureDisabled(MillpondError):
    """The request needs a feature that this server runs without."""

    error_code = "FEATURE_DISABLED"


class PermissionDenied(MillpondError):
    """The caller is known, but may not do this."""

    error_code = "PERMISSION_DENIED"


class NotSupported(MillpondError):
    """The protocol has this call, but this store or server cannot do it."""

    error_code = "NOT_IMPLEMENTED"


class RequestTooLarge(MillpondError):
    """The body is larger than the server's limit for this call."""

    error_code = "REQUEST_TOO_LARGE"


class QuotaExceeded(MillpondError):
    """The workspace holds as many bytes of files as it may."""

    error_code = "QUOTA_EXCEEDED"


class Overloaded(MillpondError):
    """The write queue is full; the same request may be sent again after a moment."""

    error_code = "RESOURCE_EXHAUSTED"


class Unavailable(MillpondError):
    """The store cannot answer now (disk full, shutting down, ...); nothing was changed."""

    error_code = "TEMPORARILY_UNAVAILABLE"
