"""The Chromium that the tests drive: ``python -m tests.studio.browser`` sees that there is one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """CHROMIUM of the environment, else the system's, else Playwright's own."""
    if named := os.environ.get("CHROMIUM"):
        return named
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).is_file() else None


def ensure_chromium() -> None:
    """Install the distribution's where that can be done, else say what to do."""
    if find_chromium():
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Chromium for the tests of the studio (about a minute)", flush=True)
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-q"], ["install", "-y", "-q", "chromium"]):
            done = subprocess.run(
                ["apt-get", *command], env=environ, capture_output=True, text=True
            )
        if done.returncode == 0 and find_chromium():
            return
        print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
    raise SystemExit(
        "The tests of the studio need a Chromium: install the package chromium, or name one in the "
        f"environment variable CHROMIUM, or run: {sys.executable} -m playwright install chromium"
    )


if __name__ == "__main__":
    ensure_chromium()
