"""A bucket's errors in our words, without the addresses and keys that are in theirs."""

import re

from obstore import exceptions

from millpond.errors import MillpondError, PermissionDenied, Unavailable

_STATUS = re.compile(r"status code: (\d{3}[ A-Za-z]*)")
_CODE = re.compile(r"<Code>(\w+)</Code>")


def explain(error: Exception, store_name: str) -> MillpondError:
    """store_name: the address of the store's root, which holds no secret."""
    if isinstance(error, MillpondError):
        return error
    said = str(error)
    status = _STATUS.search(said)
    code = _CODE.search(said)
    reason = " ".join([*(status.groups() if status else ()), *(code.groups() if code else ())])
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        return PermissionDenied(
            f"The store {store_name} refused this server's credentials ({reason or 'no reason'})."
        )
    if not reason:
        reason = "it does not answer in time" if "timed out" in said else "it cannot be reached"
        if isinstance(error, exceptions.PreconditionError):
            reason = "the file was replaced meanwhile"
    return Unavailable(f"The store {store_name} cannot be used now: {reason}. Nothing was changed.")
