"""What the values of a filter mean: numbers written as text, and LIKE patterns."""

import math
import re
from functools import lru_cache

NUMERIC_TEXT = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
"""The text of a param or tag that counts as a number, as a regular expression to match in full."""

_numeric = re.compile(NUMERIC_TEXT)


def numeric_text(text: str) -> float | None:
    """The number that a param's or tag's text is, None when it is not one.

    Plain decimal notation, ASCII digits only: no blanks, no underscores, no "inf" or "nan", and
    nothing too large for a double.
    """
    if _numeric.fullmatch(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None


@lru_cache(maxsize=256)
def like_to_regex(pattern: str) -> re.Pattern[str]:
    """The regular expression that a LIKE pattern is; use its `match`, it is anchored at both ends.

    `%` is any run of characters, `_` any one, line breaks included; nothing escapes them. For
    ILIKE lower both the pattern and the value first.
    """
    first, *rest = (
        "".join("." if char == "_" else re.escape(char) for char in piece)
        for piece in pattern.split("%")
    )
    if not rest:
        return re.compile(rf"{first}\Z", re.DOTALL)
    *middle, last = rest
    # Each piece takes its first place for good (an atomic group): a later place could never help
    # the pieces after it, and without going back a hostile pattern stays cheap.
    pieces = "".join(f"(?>.*?{piece})" for piece in middle if piece)
    return re.compile(rf"{first}{pieces}.*{last}\Z", re.DOTALL)
