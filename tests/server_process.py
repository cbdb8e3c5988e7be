"""A real `millpond server` as a child process, for the tests that need one."""

import os
import re
import resource
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

MILLPOND = Path(sys.executable).with_name("millpond")
START_LIMIT_S = 30
STOP_LIMIT_S = 40


class ServerProcess:
    """One server on a folder and a free port, running from the moment it is made."""

    def __init__(self, data_dir: Path, *flags: str) -> None:
        """Return when the server answers. Raises RuntimeError with its words if it ends first."""
        self.data_dir = data_dir
        self._words: list[str] = []
        self._has_url = threading.Event()
        self.url = ""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("MILLPOND_")}
        self._process = subprocess.Popen(
            [MILLPOND, "server", "--port", "0", "--data-dir", data_dir, *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environ | {"PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        # What it prints is read all the time: a full pipe would stop it.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._has_url.wait(START_LIMIT_S) or not self.url:
            self.kill()
            raise RuntimeError(f"the server did not start:\n{self.words}")
        with urllib.request.urlopen(f"{self.url}/health", timeout=START_LIMIT_S) as answer:
            assert answer.read() == b"OK"

    @property
    def words(self) -> str:
        """Everything it has printed so far."""
        return "".join(self._words)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def peak_memory_bytes(self) -> int:
        """The most memory it ever held."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * 1024

    @property
    def children(self) -> list[int]:
        """The ids of the processes that it has started, oldest first."""
        started = psutil.Process(self._process.pid).children()
        return [process.pid for process in sorted(started, key=psutil.Process.create_time)]

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def limit_files(self, largest_bytes: int) -> None:
        """Let none of its files grow beyond this; what it writes past that fails."""
        limits = (largest_bytes, resource.RLIM_INFINITY)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, limits)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._process.kill()
        self._end()

    def terminate(self) -> None:
        """Ask it to end; wait() tells how that went."""
        self._process.terminate()

    def wait(self) -> int:
        """The exit code. Raises TimeoutExpired if it does not end."""
        status = self._process.wait(STOP_LIMIT_S)
        self._end()
        return status

    def stop(self) -> int:
        """Ask it to end and wait until it has; kill it if it does not."""
        self.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def _end(self) -> None:
        self._process.wait()
        self._reader.join()
        assert self._process.stdout
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._words.append(line)
            if found := re.search(r"Millpond is at (http://\S+)", line):
                self.url = found[1]
                self._has_url.set()
        self._has_url.set()


@contextmanager
def running_server(data_dir: Path, *flags: str) -> Iterator[ServerProcess]:
    """A server for some tests, which must end well and have had no error of its own."""
    server = ServerProcess(data_dir, *flags)
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.words
