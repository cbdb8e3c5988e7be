"""One `millpond server` as a child process: started on a free port, waited for, stopped cleanly."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

START_LIMIT_S = 30.0
STOP_LIMIT_S = 30.0


class DemoFailed(Exception):
    """The demo cannot go on."""


class ServerFailed(DemoFailed):
    """The server did not come up; the message ends with what it printed last."""


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """The server of one data folder; what it prints goes to `server.log` in there."""

    def __init__(self, program: Sequence[str], data_dir: Path, port: int | None = None) -> None:
        self.data_dir = data_dir.resolve()
        self.port = port or find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.startup_s = 0.0
        self._log_path = self.data_dir / "server.log"
        self._command = [
            *program,
            "server",
            *("--host", "127.0.0.1", "--port", str(self.port), "--data-dir", str(self.data_dir)),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return once the server answers. Raises ServerFailed."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        with self._log_path.open("wb") as log:
            # In a session of its own: Ctrl-C reaches the demo alone, and the demo stops the server.
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        while not self._is_healthy():
            if self._process.poll() is not None or time.perf_counter() - began > START_LIMIT_S:
                raise ServerFailed(f"the server did not start:\n{self._last_words()}")
            time.sleep(0.02)
        self.startup_s = time.perf_counter() - began

    def wait(self) -> None:
        """Return when the server has ended by itself."""
        if self._process:
            self._process.wait()

    def stop(self) -> int:
        """Let the server finish what it took, and return its exit status; kill it if it hangs."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def _last_words(self) -> str:
        return "\n".join(self._log_path.read_text("utf-8", "replace").splitlines()[-20:])
