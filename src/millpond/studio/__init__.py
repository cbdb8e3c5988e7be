"""The web pages, as package data: ``pages/`` is what the build of ``web/`` writes."""

from pathlib import Path

PAGES = Path(__file__).parent / "pages"
