"""What was done that cannot be seen from what is there: who, when, to what."""

from msgspec import Struct


class AuditEntry(Struct, frozen=True):
    """One line of a workspace's audit log. who: "" while there is no sign-in."""

    at_ms: int
    who: str
    action: str
    target: str
    detail: str = ""
