"""What a client may call a file: a relative path that cannot lead anywhere but down."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

from millpond.errors import InvalidParameter

# `C:/x`, `file:///x`, `s3://x`: a place of its own, not one below the asked folder.
_OWN_PLACE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(/|$)")

# Drawn like a separator, but not folded to one by NFKC.
_LOOKS_LIKE_SLASH = dict.fromkeys(map(ord, "\u2044\u2215\u2216\u29f5\u29f8\u29f9\ufe68"), "/")

_MOST_DECODINGS = 10

_ESCAPED_CONTROLS = {code: f"%{code:02x}" for code in (*range(32), 127)}

_INVISIBLE = {"Cc", "Cs", "Zl", "Zp"}


# A path is looked at on its way through every layer, each of which relies on no other.
@lru_cache(maxsize=128)
def safe_path(path: str) -> str:
    """The one spelling of a client's path: relative, `/` between plain names, no `.` or `..`.

    `""` is the root; one trailing slash and single dots are dropped. Percent escapes are resolved
    until none is left, those of control characters excepted: the stock client does the same to
    every name in a listing before it asks for the file (`loss%step%200` becomes `loss%step 0`).
    The answer is its own safe path.

    Raises InvalidParameter, with MLflow's text, for a path with `..` in any spelling (escaped,
    full-width, with invisible or look-alike characters), an absolute path, a drive or a URI, a
    backslash, `#`, an empty name, NUL (escaped or not) or any other control character.
    """
    if not _is_visible(path):
        raise InvalidParameter("Invalid path")
    plain = _without_escapes(path)
    if "\\" in plain or "#" in plain or "%00" in plain or plain.startswith("/"):
        raise InvalidParameter("Invalid path")
    if _OWN_PLACE.match(plain.lstrip("./")) or not _is_visible(plain):
        raise InvalidParameter("Invalid path")
    if not plain:
        return ""
    names = plain.removesuffix("/").split("/")
    if any(name != "." and _leads_elsewhere(name) for name in names):
        raise InvalidParameter("Invalid path")
    return "/".join(name for name in names if name != ".")


def join(folder: str, path: str) -> str:
    """A safe path below a safe folder; either may be the root."""
    return f"{folder}/{path}" if folder and path else folder or path


def _without_escapes(path: str) -> str:
    for _ in range(_MOST_DECODINGS):
        if "%" not in path:
            return path
        decoded = unquote(path).translate(_ESCAPED_CONTROLS)
        if decoded == path:
            return path
        path = decoded
    raise InvalidParameter("Invalid path")


def _is_visible(path: str) -> bool:
    """False with a control character, a line separator or half of a surrogate pair."""
    return path.isprintable() or not any(unicodedata.category(c) in _INVISIBLE for c in path)


def _leads_elsewhere(name: str) -> bool:
    """Whether any file system or reader could take this name for none, `.` or `..`."""
    if not name.isascii():
        folded = unicodedata.normalize("NFKC", name).translate(_LOOKS_LIKE_SLASH)
        name = "".join(c for c in folded if unicodedata.category(c) != "Cf").replace("\\", "/")
    return name.strip() in {"", "."} or any(part.strip() == ".." for part in name.split("/"))
