"""The demo's own parts that need neither mlflow nor scikit-learn."""

import sys
import urllib.request

import pytest

from demo.server import Server, ServerFailed
from demo.tasks import TASKS

HEALTHY = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"OK")

port = int(sys.argv[sys.argv.index("--port") + 1])
HTTPServer(("127.0.0.1", port), Health).serve_forever()
"""


@pytest.fixture
def program(tmp_path):
    """A command that answers /health; tests may overwrite its script."""
    script = tmp_path / "server.py"
    script.write_text(HEALTHY)
    return [sys.executable, str(script)]


def test_the_server_answers_once_started_and_ends_when_stopped(program, tmp_path):
    server = Server(program, tmp_path / "data")
    try:
        server.start()
        with urllib.request.urlopen(f"{server.url}/health") as answer:
            assert answer.read() == b"OK"
    finally:
        assert server.stop() != 0  # this one knows no clean shutdown
    assert (tmp_path / "data/server.log").is_file()


def test_a_server_that_does_not_start_is_reported_with_its_last_words(program, tmp_path):
    (tmp_path / "server.py").write_text("raise SystemExit('the disk is full')")
    server = Server(program, tmp_path / "data")
    with pytest.raises(ServerFailed, match="the disk is full"):
        server.start()
    server.stop()


def test_the_sweep_has_both_kinds_of_tasks_and_at_least_24_distinct_candidates():
    assert {task.kind for task in TASKS} == {"classification", "regression"}
    names = {f"{task.name} {candidate.name}" for task in TASKS for candidate in task.candidates}
    assert len(names) == sum(len(task.candidates) for task in TASKS) >= 24
