"""What is measured: a server that runs already, or a command that starts one in a new folder."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from bench.rest import PREFIX
from bench.rows import Figure

ROOT = Path(__file__).parents[1]
START_LIMIT_S = 180.0
STOP_LIMIT_S = 60.0
SETTLE_S = 2.0

KNOWN = {
    "millpond": f"{ROOT}/.venv/bin/millpond server --port {{port}} --data-dir {{dir}}",
    # Its best case: one worker, and no job processes that start up meanwhile.
    "mlflow": (
        f"env MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false {ROOT}/.venvs/demo/bin/mlflow server "
        "--port {port} --workers 1 --backend-store-uri sqlite:///{dir}/mlflow.db "
        "--artifacts-destination {dir}/artifacts"
    ),
}


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
        return probe.getsockname()[1]


class ServerProcess:
    """A command running in a folder, until stop()."""

    def __init__(self, command: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = find_free_port()
        self.url = f"http://127.0.0.1:{port}"
        words = shlex.split(command.format(port=port, dir=folder))
        self._log = folder / "server.log"
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


@contextmanager
def running(target: Target, folder: Path) -> Iterator[tuple[str, list[Figure]]]:
    """The target's URL, and what starting it showed. A command's folder is new, and is removed."""
    if target.command is None:
        yield target.url or "", []
        return
    shutil.rmtree(folder, ignore_errors=True)
    first = ServerProcess(target.command, folder)
    first.stop()
    server = ServerProcess(target.command, folder)
    try:
        figures = [
            Figure("start, new folder", "first answer", "s", first.startup_s),
            Figure("start, used folder", "first answer", "s", server.startup_s),
        ]
        if Path("/proc/self/status").exists():
            time.sleep(SETTLE_S)
            figures.append(Figure("idle", "memory", "MB", server.resident_bytes() / 1e6))
        yield server.url, figures
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
