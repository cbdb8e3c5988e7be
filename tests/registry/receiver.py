"""An address that webhooks can call, and that remembers what it was told."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SOON_S = 20.0


class Receiver:
    """Answers each POST with the next of its statuses, the last one for ever."""

    def __init__(self, *statuses: int) -> None:
        self.told: list[tuple[str, dict[str, str], bytes]] = []
        self._statuses = list(statuses) or [200]
        self._heard = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver._hear(self.path, dict(self.headers), body))
                self.end_headers()
                self.wfile.write(b"heard")

            def log_message(self, *_: Any) -> None:
                """Nothing to the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook?a=b"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def wait_for(self, count: int) -> list[tuple[str, dict[str, str], bytes]]:
        """What it was told, when that is so much."""
        with self._heard:
            assert self._heard.wait_for(lambda: len(self.told) >= count, SOON_S), self.told
            return list(self.told)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _hear(self, path: str, headers: dict[str, str], body: bytes) -> int:
        with self._heard:
            self.told.append((path, headers, body))
            self._heard.notify_all()
            return self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
