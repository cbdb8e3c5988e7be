"""After a crash: the small files that were acknowledged and did not reach their places on disk."""

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from millpond.artifacts.disk import BINARY, sync_file_system, write_all
from millpond.artifacts.file_log import GONE, ReadLog, Record, boot_id, read_log


def recover(folders: Sequence[Path], root: Path) -> None:
    """Do what the logs in some processes' folders say, so that the folders may go.

    folders: of all processes that are gone and worked below this root.
    """
    found = (read_log(path) for folder in folders for path in sorted(folder.glob("log-*")))
    logs = [log for log in found if log is not None]
    if not logs:
        return
    # As long as the machine runs, every file is where it was put, if not on disk.
    lost = [log for log in logs if log.boot_id != boot_id()]
    for boot in sorted({log.boot_id for log in lost}):
        for record in _missing([log for log in lost if log.boot_id == boot], root):
            _restore(record, root, folders[0] / "restored")
    sync_file_system(root)


def _missing(logs: Iterable[ReadLog], root: Path) -> list[Record]:
    """The last that was said of each path, if that was a file and it is in the log."""
    logs = list(logs)
    settled_ns = max(log.settled_ns for log in logs)
    records = [pair for log in logs for pair in log.records if pair[0] > settled_ns]
    last: dict[str, Record] = {}
    for _, record in sorted(records, key=lambda pair: pair[0]):
        if record.size_bytes == GONE:
            below = f"{record.path}/"
            last = {p: r for p, r in last.items() if p != record.path and not p.startswith(below)}
        elif record.content is not None:
            last[record.path] = record
        elif _identity(root / record.path) == (record.size_bytes, record.modified_ns):
            # The large file is there; else the crash came before its rename, and what the log
            # said before holds.
            last.pop(record.path, None)
    return list(last.values())


def _restore(record: Record, root: Path, staged: Path) -> None:
    place, content = root / record.path, record.content or b""
    if not Path(os.path.realpath(place.parent)).is_relative_to(root):
        return
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        if place.read_bytes() == content:
            return
    number = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BINARY, 0o666)
    try:
        write_all(number, [content])
        os.fsync(number)
    finally:
        os.close(number)
    os.utime(staged, ns=(record.modified_ns, record.modified_ns))
    # Something else in its way was in its way before the crash too: then it was refused.
    with contextlib.suppress(FileExistsError, NotADirectoryError, IsADirectoryError):
        place.parent.mkdir(parents=True, exist_ok=True)
        staged.replace(place)


def _identity(place: Path) -> tuple[int, int] | None:
    try:
        found = place.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
