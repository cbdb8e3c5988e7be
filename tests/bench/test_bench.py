"""The load programs count what they send, and tell a good answer from a bad one."""

import json
import subprocess
import sys
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from rich.console import Console

from millpond.bench import compare, growth
from millpond.bench.figures import Figure, WrongAnswer, expect
from millpond.bench.load import FIRST, LoadFailed, drive, is_whole, post
from millpond.bench.report import Report
from millpond.bench.rest import Rest
from millpond.bench.rows import Row, Sizes
from millpond.bench.target import KNOWN, read_target, running


@pytest.fixture
def server():
    """A server that answers every POST with its status, and remembers the bodies.

    Below ``/overloaded`` it takes nothing.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            is_overloaded = self.path.startswith("/overloaded/")
            self.send_response(503 if is_overloaded else self.server.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.status, server.bodies = 200, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_each_connection_numbers_its_requests_without_a_gap(server):
    templates = [post(server.url, "/log", b"%c @NUMBER" % letter) for letter in b"ab"]
    load = drive(server.url, templates, seconds=0.1, warm_up_s=0.05)
    for letter, count in zip(b"ab", load.counts, strict=True):
        sent = [int(body[2:]) for body in server.bodies if body[0] == letter]
        assert sent == list(range(FIRST, FIRST + count))
    assert 0 < len(load.latencies_s) <= sum(load.counts) == len(server.bodies)


def test_a_refusal_ends_the_load_with_the_answer_of_the_server(server):
    server.status = 503
    with pytest.raises(LoadFailed, match="503"):
        drive(server.url, [post(server.url, "/log", b"@NUMBER")], seconds=0.1)


def _log(target, sizes):
    load = drive(target.url, [post(target.url, "/log", b"@NUMBER")], sizes.seconds)
    return [Figure("log", "rate", "requests/s", load.rate, is_better_high=True)]


def _ask(target, sizes):
    Rest(target.url).post("ask")
    return [Figure("ask", "asked", "times", 1.0)]


def test_a_peer_that_does_not_bear_a_load_is_told_and_the_others_are_still_measured(
    server, tmp_path, monkeypatch
):
    monkeypatch.setattr(compare, "ROWS", [Row("log", _log), Row("ask", _ask)])
    targets = [read_target(f"ours={server.url}"), read_target(f"peer={server.url}/overloaded")]
    measure = partial(compare.compare, rows=["log", "ask"], sizes=Sizes(seconds=0.1), repetitions=2)
    report = measure(targets, folder=tmp_path, console=Console(quiet=True))
    for _, _, ours, peer, ratio in report.lines():
        assert float(ours.replace(",", "")) > 0
        assert (peer, ratio) == ("-", "")
    assert report.markdown().endswith("peer failed at ask, log\n")
    assert json.loads(report.json())["failures"] == {"peer": ["ask", "log"]}
    with pytest.raises(LoadFailed, match="503"):
        measure(targets[::-1], folder=tmp_path, console=Console(quiet=True))


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Le", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", True),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n", False),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", True),
    ],
)
def test_an_answer_is_whole_when_its_last_byte_is_there(answer, whole):
    assert is_whole(answer) is whole


def test_a_lost_write_is_an_error():
    with pytest.raises(WrongAnswer, match="points of run 7"):
        expect("points of run 7", [1, 2], [1, 2, 3])


def test_a_report_compares_medians_in_the_direction_that_is_better():
    report = Report(["ours", "peer"], {"cores": "2"})
    for ours, peer in [(1.0, 8.0), (2.0, 9.0), (3.0, 30.0)]:
        report.add("ours", [Figure("log", "p50", "ms", ours)])
        report.add("peer", [Figure("log", "p50", "ms", peer)])
    report.add("ours", [Figure("log", "rate", "requests/s", 300.0, is_better_high=True)])
    report.add("peer", [Figure("log", "rate", "requests/s", 100.0, is_better_high=True)])
    assert list(report.lines()) == [
        ["log", "p50, ms", "2", "9", "4.5 x"],
        ["log", "rate, requests/s", "300", "100", "3 x"],
    ]
    assert report.markdown().startswith("| work | figure | ours | peer | ours to peer |\n| --- |")


@pytest.mark.parametrize(
    ("text", "name", "url", "command"),
    [
        ("mlflow", "mlflow", None, KNOWN["mlflow"]),
        ("http://127.0.0.1:5000", "127.0.0.1:5000", "http://127.0.0.1:5000", None),
        ("old=http://127.0.0.1:5000", "old", "http://127.0.0.1:5000", None),
        ("/opt/x/serve -p {port}", "serve", None, "/opt/x/serve -p {port}"),
    ],
)
def test_a_target_is_a_known_name_an_address_or_a_command(text, name, url, command):
    target = read_target(text)
    assert (target.name, target.url, target.command) == (name, url, command)


def test_a_target_that_is_none_of_them_is_refused():
    with pytest.raises(ValueError, match="none of millpond, mlflow"):
        read_target("ftp://127.0.0.1")


def test_every_row_is_measured_on_a_real_server_and_written_down(tmp_path):
    arguments = (
        "bench --repetitions 1 --seconds 0.2 --runs 300 --points 5000 --megabytes 2 "
        f"--dir {tmp_path / 'data'} --json {tmp_path / 'a.json'} --markdown {tmp_path / 'a.md'}"
    )
    done = subprocess.run(
        [sys.executable, "-m", "millpond", *arguments.split()], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "a.json").read_text())["rows"]
    measured = {(figure["work"], figure["figure"]): figure["median"] for figure in figures}
    assert all(median["millpond"] >= 0 for median in measured.values())
    assert measured["log-metric, 200 connections", "rate"]["millpond"] > 0
    assert measured["search of 300 runs", "filter and order by metrics, page of 100"]
    assert measured["one metric of 5,000 points", "spikes the chart keeps"]
    assert measured["a file of 2 MiB", "download"]["millpond"] > 0
    assert "| one metric of 5,000 points |" in (tmp_path / "a.md").read_text()


@pytest.mark.parametrize("grow", [growth.grow_runs, growth.grow_points])
def test_growth_is_measured_at_each_size_and_checked(grow, tmp_path, monkeypatch):
    monkeypatch.setattr(growth, "REST_S", 0.1)
    told = []
    with running(read_target("millpond"), tmp_path / "data") as server:
        found = list(grow(server, [1_000, 1_500], 0.1, told.append))
    assert [size for size, _ in found] == [1_000, 1_500]
    for size, figures in found:
        assert all(figure.value >= 0 for figure in figures)
        assert {figure.row.split()[0] for figure in figures} == {f"{size:,}"}
        assert {"start", "memory", "log-metric, p50"} <= {figure.what for figure in figures}
    assert "1,500" in told[-1]


def test_sizes_to_grow_to_are_numbers():
    arguments = ["bench", "--grow-runs", "many"]
    done = subprocess.run(
        [sys.executable, "-m", "millpond", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "'many' is not a list of sizes" in done.stderr


def test_a_target_that_there_is_not_is_named():
    arguments = ["bench", "--target", "nonsense", "--rows", "none"]
    done = subprocess.run(
        [sys.executable, "-m", "millpond", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "'nonsense' is none of millpond, mlflow, fasttrackml" in done.stderr
