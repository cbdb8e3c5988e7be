"""The environments beside the server's own, in which its users' programs run."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def make_environment(name: str) -> Path:
    """The folder of an environment's programs; it is made if it is missing or out of date."""
    made = subprocess.run(
        ["make", f".venvs/{name}/.installed"], cwd=ROOT, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return ROOT / ".venvs" / name / "bin"
