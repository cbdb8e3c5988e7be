"""A disk without room: clear refusals, nothing half-written, and all well again with room.

Two ways to come by such a disk: a small one, which only root may mount, and a limit on how large
the server's files may grow, which the kernel enforces in the same place.
"""

import json
import os
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Thread

import pytest

from tests.faults.conftest import Connect, Serve
from tests.faults.wire import Refused, Wire
from tests.faults.writers import Writer, make_writers, start
from tests.server_process import ServerProcess

DISK_BYTES = 48 << 20
ROOM_BYTES = 2 << 20


@pytest.fixture
def small_disk(data_dir: Path) -> Iterator[Path]:
    """Makes the data folder a disk of its own."""
    data_dir.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(data_dir)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a disk")
    yield data_dir
    subprocess.run(["umount", data_dir], check=True)


def test_a_full_disk_refuses_writes_and_keeps_what_it_has(
    small_disk: Path, serve: Serve, connect: Connect
) -> None:
    server = serve()
    wire = connect(server)
    writers = make_writers(wire, "full")
    wire.upload("before.bin", b"before")
    filler = fill(small_disk, leave_bytes=ROOM_BYTES)
    check_refusals(writers, start(writers, server.port))
    wire = connect(server)
    check_upload_is_refused(wire, 2 * ROOM_BYTES)
    check_kept(writers, wire)

    # It starts, and reads, without a byte to spare.
    fill(small_disk, leave_bytes=0)
    server.kill()
    server = serve()
    wire = connect(server)
    check_kept(writers, wire)
    assert wire.download("before.bin") == b"before"
    check_refusals(writers, start(writers, server.port))
    check_kept(writers, wire)

    filler.unlink()
    check_all_is_well_again(writers, server, connect(server))


def test_files_that_cannot_grow_refuse_writes_and_keep_what_they_have(
    serve: Serve, connect: Connect
) -> None:
    server = serve()
    wire = connect(server)
    writers = make_writers(wire, "limit")
    threads = start(writers, server.port)
    time.sleep(0.3)
    # Its files are larger already: the limit holds for what is written beyond it from now on.
    server.limit_files(ROOM_BYTES)
    check_refusals(writers, threads)
    check_upload_is_refused(wire, 2 * ROOM_BYTES)
    check_kept(writers, wire)
    server.limit_files(resource.RLIM_INFINITY)
    check_all_is_well_again(writers, server, connect(server))


def fill(disk: Path, leave_bytes: int) -> Path:
    """Take all room but so much, and return the file that takes it."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        state = os.statvfs(disk)
        rest = state.f_bavail * state.f_frsize - leave_bytes
        while rest > 0:
            rest -= file.write(b"x" * min(rest, 1 << 20)) or 0
    return filler


def check_refusals(writers: Sequence[Writer], threads: Sequence[Thread]) -> None:
    """Wait until all writers have been refused, and see that they were told so properly."""
    for thread in threads:
        thread.join()
    for writer in writers:
        assert writer.refused, f"{writer.name} got no answer"
        assert writer.refused.status == 503
        answer = json.loads(writer.refused.body)
        assert answer["error_code"] == "TEMPORARILY_UNAVAILABLE"
        assert "Nothing was changed." in answer["message"]
    assert sum(len(writer.acknowledged) for writer in writers) > 0


def check_upload_is_refused(wire: Wire, size_bytes: int) -> None:
    for _ in range(2):
        with pytest.raises(Refused, match="503"):
            wire.upload("file.bin", bytes(size_bytes))
    assert "file.bin" not in wire.files("")


def check_kept(writers: Sequence[Writer], wire: Wire) -> None:
    for writer in writers:
        writer.check(wire, allow_unanswered=False)


def check_all_is_well_again(writers: Sequence[Writer], server: ServerProcess, wire: Wire) -> None:
    wire.upload("file.bin", bytes(ROOM_BYTES))
    assert wire.download("file.bin") == bytes(ROOM_BYTES)
    before = [len(writer.acknowledged) for writer in writers]
    threads = start(writers, server.port)
    time.sleep(0.5)
    assert all(len(w.acknowledged) > count for w, count in zip(writers, before, strict=True))
    server.terminate()
    assert server.wait() == 0
    for thread in threads:
        thread.join()
