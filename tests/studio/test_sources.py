"""The studio's own checks: unit tests, linter and types, and that it knows the server's API."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("script", ["test", "check"])
def test_the_studio_passes_its_own(builder, script):
    done = builder.npm("run", script, quiet=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_types_of_the_api_are_those_of_the_server(builder, tmp_path):
    """`npm run types` in web/ writes them anew."""
    made = tmp_path / "openapi.d.ts"
    builder.npm(
        "exec", "--", "openapi-typescript", "../docs/reference/openapi.json", "-o", str(made)
    )
    assert made.read_text("utf-8") == (ROOT / "web/src/lib/openapi.d.ts").read_text("utf-8")
