"""The reference pages say everything that can be set or go wrong, and nothing else."""

import re

from docs.generate import pages
from millpond import errors, settings


def table_rows(page: str) -> dict[str, str]:
    """The rows of a page's Markdown tables by the first code-quoted word of each."""
    rows = {}
    for line in page.splitlines():
        if found := re.match(r"\|\s*`([^`]+)`", line):
            rows[found[1]] = line
    return rows


def error_codes() -> set[str]:
    return {
        member.error_code
        for member in vars(errors).values()
        if isinstance(member, type) and issubclass(member, errors.MillpondError)
    }


def test_every_setting_is_documented_with_its_environment_name_and_its_sentence(root):
    rows = table_rows((root / "docs/reference/settings.md").read_text("utf-8"))
    described = settings.describe()
    undocumented = [
        name
        for name, env, _default, sentence in described
        if name not in rows or f"`{env}`" not in rows[name] or sentence not in rows[name]
    ]
    assert undocumented == []
    assert rows.keys() == {name for name, *_ in described}


def test_every_error_code_is_documented(root):
    rows = table_rows((root / "docs/reference/errors.md").read_text("utf-8"))
    assert rows.keys() == error_codes()


def test_the_generated_pages_are_as_the_code_would_write_them_now(root):
    stale = [
        name
        for name, text in pages().items()
        if (root / "docs/reference" / name).read_text("utf-8") != text
    ]
    assert stale == [], "run `make docs`"
