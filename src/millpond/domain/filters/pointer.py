"""A refusal that points at the character: every error about a filter is made here."""

from millpond.errors import InvalidParameter

WINDOW = 100
"""Characters of a long filter shown around the offence."""

_LONGEST_QUOTE = 200


def refusal(message: str, text: str, position: int) -> InvalidParameter:
    """The error to raise about text[position]: the message, the place, the filter and a caret.

    position: 0-based, len(text) for "something is missing at the end"; shown 1-based.
    """
    start = 0
    if len(text) > WINDOW:
        start = max(0, min(position - WINDOW // 2, len(text) - WINDOW))
    shown = text[start : start + WINDOW]
    # One character stays one character, so that the caret stays under the offence.
    line = "".join(c if c.isprintable() else " " for c in shown)
    before = "..." if start else ""
    after = "..." if start + WINDOW < len(text) else ""
    caret = " " * (len(before) + position - start) + "^"
    whole = f"{message}\nAt character {position + 1}\n{before}{line}{after}\n{caret}"
    # A lone surrogate of the filter must not make the answer unsendable.
    return InvalidParameter(whole.encode("utf-8", "backslashreplace").decode("utf-8"))


def quoted(text: str) -> str:
    """A piece of the filter for use inside a message, cut when it is very long."""
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
