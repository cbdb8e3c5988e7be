"""What is measured: a server that runs already, or a command that starts one in a new folder."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from millpond.bench.figures import Figure
from millpond.bench.rest import PREFIX

START_LIMIT_S = 180.0
STOP_LIMIT_S = 60.0
SETTLE_S = 2.0

# In a clone of the repository the peers have environments of their own; elsewhere they are where
# the shell finds them.
KNOWN = {
    "millpond": f"{sys.executable} -m millpond server --port {{port}} --data-dir {{dir}}",
    # Its best case: one worker, and no job processes that start up meanwhile.
    "mlflow": (
        "env MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false {mlflow} server "
        "--port {port} --workers 1 --backend-store-uri sqlite:///{dir}/mlflow.db "
        "--artifacts-destination {dir}/artifacts"
    ),
    "fasttrackml": (
        "{fml} server --listen-address 127.0.0.1:{port} --log-level error "
        "--database-uri sqlite://{dir}/fasttrackml.db --default-artifact-root {dir}/artifacts"
    ),
}
_PROGRAMS = {"mlflow": "demo", "fml": "fasttrackml"}


def _find(program: str) -> str:
    """A peer's program: of its own environment if that is here, else of the path."""
    own = Path(".venvs", _PROGRAMS[program], "bin", program)
    if own.exists():
        return str(own.absolute())
    found = shutil.which(program)
    if found is None:
        raise ValueError(f"the program {program} is not installed; give its command instead")
    return found


def _found_in(command: str) -> dict[str, str]:
    return {name: _find(name) for name in _PROGRAMS if f"{{{name}}}" in command}


@dataclass(frozen=True)
class Target:
    """A server to measure: at a url, or started by a command, which holds {port} and {dir}."""

    name: str
    url: str | None = None
    command: str | None = None


def read_target(text: str) -> Target:
    """`mlflow`, `http://...`, `a command with {port} and {dir}`, any of them after `name=`."""
    name, equals, rest = text.partition("=")
    if not (equals and name.replace("-", "").replace(".", "").isalnum()):
        name, rest = "", text
    if rest in KNOWN:
        return Target(name or rest, command=KNOWN[rest])
    if rest.startswith("http://"):
        return Target(name or rest.removeprefix("http://"), url=rest)
    if "{port}" in rest:
        return Target(name or Path(shlex.split(rest)[0]).name, command=rest)
    known = ", ".join(KNOWN)
    raise ValueError(f"{text!r} is none of {known}, an http:// address, or a command with {{port}}")


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """A command running in a folder, until stop()."""

    def __init__(self, command: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = find_free_port()
        self.url = f"http://127.0.0.1:{port}"
        words = shlex.split(command.format(port=port, dir=folder, **_found_in(command)))
        self._log = folder / "server.log"
        self.command, self.folder = command, folder
        began = time.perf_counter()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                words, stdout=log, stderr=subprocess.STDOUT, cwd=folder, start_new_session=True
            )
        self._wait_for_answer(began)
        self.startup_s = time.perf_counter() - began

    def _wait_for_answer(self, began: float) -> None:
        """Until the store has answered a question, not only until the port is open."""
        while True:
            try:
                with urlopen(f"{self.url}{PREFIX}experiments/get?experiment_id=0", timeout=30):
                    return
            except (URLError, ConnectionError, TimeoutError):
                ended = self._process.poll() is not None
                if ended or time.perf_counter() - began > START_LIMIT_S:
                    self.stop()
                    words = self._log.read_text("utf-8", "replace")[-2000:]
                    raise RuntimeError(f"the server did not start:\n{words}") from None
                time.sleep(0.005)

    def stop(self) -> None:
        """Ask the server to end; after a minute end all of its processes."""
        try:
            self._process.terminate()
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def resident_bytes(self) -> int:
        """The memory of the command and all its descendants; shared pages count for each."""
        parents, sizes = {}, {}
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
            except (FileNotFoundError, ProcessLookupError):
                continue
            pid = int(lines["Pid"])
            parents[pid] = int(lines["PPid"])
            sizes[pid] = int(lines.get("VmRSS", "0 kB").split()[0]) * 1024
        tree = {self._process.pid}
        while grown := {pid for pid, parent in parents.items() if parent in tree} - tree:
            tree |= grown
        return sum(sizes.get(pid, 0) for pid in tree)


@dataclass
class Running:
    """A target that answers: where, what starting it showed, and how much it holds."""

    url: str
    figures: list[Figure]
    process: ServerProcess | None = None
    folder: Path | None = None

    def restart(self) -> float | None:
        """Stop the server and start it again; the seconds until it answered, if it is ours."""
        if self.process is None:
            return None
        self.process.stop()
        self.process = ServerProcess(self.process.command, self.process.folder)
        self.url = self.process.url
        return self.process.startup_s

    def resident_bytes(self) -> int | None:
        return self.process.resident_bytes() if self.process else None

    def stored_bytes(self) -> int | None:
        """The size of everything in the server's folder; None if it is not ours."""
        if self.folder is None:
            return None
        return sum(f.stat().st_blocks * 512 for f in self.folder.rglob("*") if f.is_file())


@contextmanager
def running(target: Target, folder: Path) -> Iterator[Running]:
    """The target, started if it is a command. A command's folder is new, and is removed."""
    if target.command is None:
        yield Running(target.url or "", [])
        return
    shutil.rmtree(folder, ignore_errors=True)
    first = ServerProcess(target.command, folder)
    first.stop()
    process = ServerProcess(target.command, folder)
    server = Running(
        process.url,
        [
            Figure("start, new folder", "first answer", "s", first.startup_s),
            Figure("start, used folder", "first answer", "s", process.startup_s),
        ],
        process,
        folder,
    )
    try:
        if Path("/proc/self/status").exists():
            time.sleep(SETTLE_S)
            server.figures.append(Figure("idle", "memory", "MB", process.resident_bytes() / 1e6))
        yield server
    finally:
        (server.process or process).stop()
        shutil.rmtree(folder, ignore_errors=True)
