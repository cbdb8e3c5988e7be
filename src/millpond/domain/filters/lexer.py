r"""From the text of a filter to tokens, and quoted text to and from what it says."""

import re
from typing import Final, NamedTuple

from millpond.domain.filters.values import NUMERIC_TEXT

PATH: Final = "path"  # entity.key
WORD: Final = "word"  # a keyword or an attribute
TICKED: Final = "ticked"  # `attribute`
QUOTED: Final = "quoted"  # "an attribute or a value"
STRING: Final = "string"  # 'a value'
NUMBER: Final = "number"
COMPARATOR: Final = "comparator"
OPEN: Final = "open"
CLOSE: Final = "close"
COMMA: Final = "comma"
STRAY: Final = "stray"  # what no rule allows
END: Final = "end"


class Token(NamedTuple):
    """text: as written, quotes included; start: its 0-based place in the filter."""

    kind: str
    text: str
    start: int


# No part goes back over what it took (possessive quantifiers): linear time on hostile text.
_ticked = r"`(?:[^`]|``)*+`"
_quoted = r'"(?:[^"\\]++|""|\\[\\"]|\\)*+"'
_string = r"'(?:[^'\\]++|''|\\[\\']|\\)*+'"
_word = r"[^\W\d]\w*+"

_scan = re.compile(
    rf"""\s*+(?:
      (?P<path>(?:{_word}|{_ticked})\.(?:[\w.\-/:@\#$]++|{_ticked}|{_quoted}|{_string}))
    | (?P<number>{NUMERIC_TEXT}(?![\w.]))
    | (?P<word>{_word})
    | (?P<ticked>{_ticked})
    # The second form is the last string of a filter, ending in a backslash.
    | (?P<quoted>{_quoted}|"[^"]*+"(?=[^"]*+\Z))
    | (?P<string>{_string}|'[^']*+'(?=[^']*+\Z))
    | (?P<comparator>[<>=!~]++)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<comma>,)
    | (?P<stray>[\w.]++|\S)
    )""",
    re.VERBOSE,
)


def tokens(text: str) -> list[Token]:
    """The tokens of a filter, an `END` last. Reading stops behind the first `STRAY`."""
    found: list[Token] = []
    for match in _scan.finditer(text):
        kind = match.lastgroup or STRAY
        found.append(Token(kind, match[kind], match.start(kind)))
        if kind == STRAY:
            break
    found.append(Token(END, "", len(text)))
    return found


_bare_key = re.compile(r"[\w.\-/:@#$]+")
# Backslashes matter only where their run meets a quote or the end: (pairs) \' or (pairs) before it.
_escapes = {
    quote: re.compile(
        rf"(?<!\\)((?:\\\\)*+)\\{quote}|(?<!\\)((?:\\\\)++)(?={quote}|\Z)|{quote}{quote}"
    )
    for quote in "'\""
}
_needs_escape = re.compile(r"(?<!\\)(\\*+)('|\Z)")


def unquote(literal: str) -> str:
    """What a ticked, quoted or string token says."""
    quote, inner = literal[0], literal[1:-1]
    if quote not in inner and not inner.endswith("\\"):
        return inner
    if quote == "`":
        return inner.replace("``", "`")

    def plain(match: re.Match[str]) -> str:
        before_quote, alone = match[1], match[2]
        if alone is not None:
            return alone[: len(alone) // 2]
        return (before_quote or "")[: len(before_quote or "") // 2] + quote

    return _escapes[quote].sub(plain, inner)


def quote_text(value: str) -> str:
    """The string literal, in single quotes, that says value."""

    def escaped(match: re.Match[str]) -> str:
        return match[1] * 2 + match[2] * 2

    return f"'{_needs_escape.sub(escaped, value)}'"


def quote_key(key: str) -> str:
    """key as it stands behind the dot of a field: bare where that is possible, else ticked."""
    if _bare_key.fullmatch(key):
        return key
    return "`" + key.replace("`", "``") + "`"


def unquote_key(written: str) -> str:
    """What the part behind the dot of a path says."""
    return unquote(written) if written[0] in "`\"'" else written
