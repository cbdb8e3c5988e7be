"""What uploads leave behind."""

from pathlib import Path

from millpond.artifacts.folder_tree import STAGING


def staged(root: Path) -> list[str]:
    """The files that lie in a folder's staging, but for the log of small files."""
    left = (root / STAGING).rglob("*")
    return [place.name for place in left if place.is_file() and not place.name.startswith("log-")]
