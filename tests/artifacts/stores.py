"""Real object stores for the tests: moto's S3 server and Azurite, each a process of its own."""

import base64
import hashlib
import hmac
import os
import shutil
import socket
import subprocess
import sys
import time
from email.utils import formatdate
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from millpond.artifacts.opening import Opener
from millpond.domain.datastores import Datastore
from tests.acceptance.environments import make_environment

START_LIMIT_S = 60.0
BUCKET = "pond"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class StoreProcess:
    """An object store on a free port, running from the moment it is made."""

    def __init__(self, command: list[str | Path], port: int, **environ: str) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._command = command
        self._environ = os.environ | environ
        self.start()

    def start(self) -> None:
        """Return when the port is open."""
        self._process = subprocess.Popen(
            self._command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._environ,
            start_new_session=True,
        )
        end = time.monotonic() + START_LIMIT_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None, f"{self._command[0]} did not start"
                assert time.monotonic() < end, f"{self._command[0]} does not listen"
                time.sleep(0.05)

    def kill(self) -> None:
        """End it at once, with everything it holds."""
        self._process.kill()
        self._process.wait()

    def signal(self, number: int) -> None:
        """Stop it or let it go on: a store that is there and does not answer."""
        self._process.send_signal(number)


class S3(StoreProcess):
    """moto's server, which speaks S3 over real HTTP."""

    KEYS = {"access_key_id": "alice", "secret_access_key": "alices-secret-key"}

    def __init__(self) -> None:
        port = free_port()
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        super().__init__(command, port)
        self.make_bucket()

    def make_bucket(self) -> None:
        urlopen(Request(f"{self.url}/{BUCKET}", method="PUT"), timeout=30).close()

    def datastore(self, prefix: str, name: str = "bucket", **options: str) -> Datastore:
        return Datastore(
            name, f"s3://{BUCKET}/{prefix}", 1, 1, options={"endpoint": self.url, **options}
        )


class Azure(StoreProcess):
    """Azurite, Microsoft's own emulator of Azure Blob. Its account and key are known to all."""

    ACCOUNT = "devstoreaccount1"
    KEYS = {
        "account_key": "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"
        "K1SZFPTOtr/KBHBeksoGMGw=="
    }

    def __init__(self) -> None:
        modules = make_environment("azurite").parent / "node_modules"
        node = shutil.which("node") or modules.parents[1] / "node" / "bin" / "node"
        port = free_port()
        command = [node, modules / "azurite" / "dist" / "src" / "blob" / "main.js"]
        command += ["--blobPort", str(port), "--silent", "--skipApiVersionCheck"]
        command += ["--inMemoryPersistence", "--disableTelemetry"]
        super().__init__(command, port)
        self.url = f"{self.url}/{self.ACCOUNT}"
        self.make_container()

    def make_container(self) -> None:
        date, version = formatdate(usegmt=True), "2021-08-06"
        path = f"{urlsplit(self.url).path}/{BUCKET}"
        lines = ["PUT", *[""] * 11, f"x-ms-date:{date}", f"x-ms-version:{version}"]
        signed = "\n".join([*lines, f"/{self.ACCOUNT}{path}", "restype:container"])
        key = base64.b64decode(self.KEYS["account_key"])
        digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
        request = Request(f"{self.url}/{BUCKET}?restype=container", method="PUT")
        request.add_header("x-ms-date", date)
        request.add_header("x-ms-version", version)
        signature = base64.b64encode(digest).decode()
        request.add_header("Authorization", f"SharedKey {self.ACCOUNT}:{signature}")
        urlopen(request, timeout=30).close()

    def datastore(self, prefix: str, name: str = "blobs", **options: str) -> Datastore:
        uri = f"abfss://{BUCKET}@{self.ACCOUNT}.dfs.core.windows.net/{prefix}"
        return Datastore(name, uri, 1, 1, options={"endpoint": self.url, **options})


def open_datastore(datastore: Datastore, credentials: dict[str, str], folder: Path):
    """The store of a datastore, its uploads in parts below a folder."""
    return Opener(folder / "staging", 4).open(datastore, credentials)
