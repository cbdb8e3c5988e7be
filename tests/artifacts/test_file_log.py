"""Small files outlive a machine that forgets everything it had not put on disk."""

import errno
import os
import random
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from millpond.artifacts import file_log
from millpond.artifacts.file_log import MOST_BYTES, FileLog, Record, boot_id, now_ns, read_log
from millpond.artifacts.folder import FolderStore
from millpond.artifacts.folder_tree import STAGING
from millpond.errors import Unavailable
from millpond.testing.artifact_contract import chunks, read, run

ANOTHER_BOOT = b"00000000-0000-0000-0000-000000000000"
PATHS = ["a", "b", "d/a", "d/b", "d/e/a"]

pytestmark = pytest.mark.skipif(
    not FileLog.fits(Path(__file__).parent),
    reason="files of this file system are synced one by one",
)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "artifacts"


@pytest.fixture
def store(root):
    with closing(FolderStore(root, threads=8)) as store:
        yield store


def logs_of(root: Path) -> list[Path]:
    return sorted((root / STAGING).glob("own-*/log-*"))


def crashed(root: Path, copy: Path, is_new_boot: bool = True) -> Path:
    """A copy of what the disk holds, as a machine finds it that was started again."""
    shutil.copytree(root, copy, symlinks=True)
    for log in logs_of(copy) if is_new_boot else []:
        log.write_bytes(log.read_bytes().replace(boot_id(), ANOTHER_BOOT))
    return copy


def files_in(root: Path) -> dict[str, bytes]:
    found = (place for place in root.rglob("*") if place.is_file())
    return {
        place.relative_to(root).as_posix(): place.read_bytes()
        for place in found
        if STAGING not in place.parts
    }


def recovered(root: Path) -> dict[str, bytes]:
    FolderStore(root).close()
    assert not logs_of(root)
    return files_in(root)


class State(NamedTuple):
    """What a path held from a moment on, and when that was written."""

    begun_ns: int
    content: bytes | None
    modified_ns: int


class Disk:
    """What may be on disk of each path: the last thing that was synced, or what came later."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.states = {path: [State(0, None, 0)] for path in PATHS}

    @contextmanager
    def changing(self, path: str, is_synced: bool) -> Iterator[None]:
        begun_ns = now_ns()
        yield
        for each, states in self.states.items():
            if each == path or each.startswith(f"{path}/"):
                place, now = self.root / each, State(begun_ns, None, 0)
                if place.is_file():
                    now = State(begun_ns, place.read_bytes(), place.stat().st_mtime_ns)
                self.states[each] = [now] if is_synced else [*states, now]

    def forget(self, copy: Path, dice: random.Random) -> None:
        """Leave of each file in a copy what an unlucky disk holds."""
        settled_ns = max(read_log(log).settled_ns for log in logs_of(copy))
        for path, states in self.states.items():
            synced = max(n for n, s in enumerate(states) if n == 0 or s.begun_ns < settled_ns)
            state, place = dice.choice(states[synced:]), copy / path
            place.unlink(missing_ok=True)
            if state.content is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(state.content)
                os.utime(place, ns=(state.modified_ns, state.modified_ns))


@pytest.mark.parametrize("seed", range(40))
def test_after_any_history_a_power_cut_takes_nothing_that_was_acknowledged(
    root, tmp_path, monkeypatch, seed
):
    dice = random.Random(seed)
    # Rounds end in the middle of some histories.
    monkeypatch.setattr(file_log, "_FULL_BYTES", dice.choice([6_000, 16 << 20]))
    with closing(FolderStore(root)) as one, closing(FolderStore(root)) as two:
        on_disk = Disk(root)
        for step in range(25):
            store, path = dice.choice([one, two]), dice.choice(PATHS)
            match dice.choice(["small", "small", "small", "large", "delete", "delete folder"]):
                case "small":
                    content = b"%d " % step * dice.randrange(200)
                    with on_disk.changing(path, is_synced=False):
                        run(store.put(path, chunks(content)))
                case "large":
                    with on_disk.changing(path, is_synced=True):
                        run(store.put(path, chunks(b"%d " % step * MOST_BYTES)))
                case "delete":
                    with on_disk.changing(path, is_synced=True):
                        run(store.delete(path))
                case "delete folder":
                    with on_disk.changing("d", is_synced=True):
                        run(store.delete("d"))
        expected = files_in(root)
        copy = crashed(root, tmp_path / "copy")
    on_disk.forget(copy, dice)
    assert recovered(copy) == expected


def test_a_small_file_is_on_disk_in_the_log_before_it_is_in_its_place(store, root, monkeypatch):
    steps = []
    real_sync, real_rename = os.fdatasync, Path.replace
    monkeypatch.setattr(os, "fdatasync", lambda n: (steps.append("log"), real_sync(n))[1])
    monkeypatch.setattr(
        Path, "replace", lambda p, to: (steps.append(f"name {to.name}"), real_rename(p, to))[1]
    )
    run(store.put("r/a", chunks(b"1")))
    assert steps == ["log", "name a"]


def test_files_that_come_together_share_a_sync(tmp_path, monkeypatch):
    log = FileLog(tmp_path, tmp_path)
    first_is_syncing, others_wait = threading.Event(), threading.Event()
    syncs, done = [], []
    real_sync = os.fdatasync

    def sync(number):
        syncs.append(number)
        if len(syncs) == 1:
            first_is_syncing.set()
            assert others_wait.wait(10)
        real_sync(number)

    monkeypatch.setattr(os, "fdatasync", sync)

    def append(number):
        log.append(Record(f"{number}", 1, 0, b"x"), lambda: done.append(number))

    threads = [threading.Thread(target=append, args=[number]) for number in range(9)]
    threads[0].start()
    assert first_is_syncing.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(log._queue) < 8:
        pass
    others_wait.set()
    for thread in threads:
        thread.join()
    assert (len(syncs), sorted(done)) == (2, list(range(9)))
    monkeypatch.undo()
    assert log.close()


def test_a_record_that_was_cut_off_counts_for_nothing(store, root, tmp_path):
    run(store.put("a", chunks(b"first")))
    run(store.put("b", chunks(b"second")))
    copy = crashed(root, tmp_path / "copy")
    for name in ("a", "b"):
        (copy / name).unlink()
    [log] = logs_of(copy)
    log.write_bytes(log.read_bytes().replace(b"second", b"sec\0\0\0"))
    assert recovered(copy) == {"a": b"first"}


def test_what_came_last_before_a_large_file_holds_until_that_one_is_in_place(
    store, root, tmp_path, monkeypatch
):
    run(store.put("a", chunks(b"small")))
    copies = []

    def crash(place, to):
        copies.append(crashed(root, tmp_path / "copy"))
        raise OSError(errno.EIO, "the machine is gone")

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(Unavailable):
        run(store.put("a", chunks(b"x" * (MOST_BYTES + 1))))
    monkeypatch.undo()
    (copies[0] / "a").unlink()
    assert recovered(copies[0]) == {"a": b"small"}


def test_a_process_that_died_brings_nothing_back_that_others_deleted_meanwhile(
    store, root, tmp_path
):
    run(store.put("a", chunks(b"1")))
    copy = crashed(root, tmp_path / "copy", is_new_boot=False)
    (copy / "a").unlink()
    assert recovered(copy) == {}


def test_files_that_are_on_disk_are_not_brought_back(root, tmp_path, monkeypatch):
    monkeypatch.setattr(file_log, "_QUIET_S", 0.01)
    with closing(FolderStore(root)) as store:
        run(store.put("a", chunks(b"1")))
        while all(read_log(log).settled_ns == 0 for log in logs_of(root)):
            pass
        copy = crashed(root, tmp_path / "copy")
    (copy / "a").unlink()
    assert recovered(copy) == {}


def test_a_full_log_goes_on_with_the_other_one(root, monkeypatch):
    monkeypatch.setattr(file_log, "_FULL_BYTES", 20_000)
    with closing(FolderStore(root)) as store:
        for number in range(50):
            run(store.put(f"r/{number}", chunks(b"%d" % number * 1000)))
        sizes = [log.stat().st_size for log in logs_of(root)]
        assert len(sizes) == 2
        assert sum(sizes) < 4 << 20
        assert run(read(store, "r/7")) == b"7" * 1000


def test_a_disk_that_does_not_sync_files_leaves_the_log_for_the_next_start(root, monkeypatch):
    def fail(folder):
        raise OSError(errno.EIO, "Input/output error")

    store = FolderStore(root)
    run(store.put("a", chunks(b"1")))
    monkeypatch.setattr(file_log, "sync_file_system", fail)
    store.close()
    assert len(logs_of(root)) == 1
    monkeypatch.undo()
    assert recovered(root) == {"a": b"1"}


def test_a_refused_file_is_not_in_the_way_of_what_comes_later(store, root, tmp_path):
    run(store.put("a", chunks(b"1")))
    with pytest.raises(Exception, match="lies under an artifact that is a file"):
        run(store.put("a/b", chunks(b"2")))
    copy = crashed(root, tmp_path / "copy")
    (copy / "a").unlink()
    assert recovered(copy) == {"a": b"1"}
