"""Where tables are read from and written to: this machine's folders, S3, GCS, Azure."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import pyarrow.fs as fs
from msgspec import Struct

from millpond.errors import InvalidParameter
from millpond.sdk.scoring.job import Format, format_of

_COPY_BYTES = 8 << 20


class SourceFile(Struct, frozen=True):
    """One file of an input. The last three tell whether it is still the same."""

    name: str
    path: str
    format: Format
    size_bytes: int
    modified_ns: int
    tag: str = ""


class Place(Protocol):
    """A file or folder by its address. is_local: on this machine's disk, where path says."""

    address: str
    path: str

    @property
    def is_local(self) -> bool: ...

    def files(self) -> list[SourceFile]:
        """The file itself, or the tables in the folder by name. Raises InvalidParameter."""

    def open_file(self, file: SourceFile) -> Any:
        """A file of this place, to be read at any position."""

    def exists(self) -> bool:
        """Whether there is anything."""

    def whole(self) -> AbstractContextManager[Any]:
        """A stream into a new file, which is there when all of it is, or not at all."""


class SystemPlace:
    """A place of this machine or of an object store."""

    def __init__(self, address: str) -> None:
        """Raises InvalidParameter for an address that no file system has."""
        self.address = address
        try:
            if "://" in address:
                self._system, self.path = fs.FileSystem.from_uri(address)
            else:
                self._system, self.path = fs.LocalFileSystem(), str(Path(address).absolute())
        except (ValueError, OSError, NotImplementedError) as error:
            raise InvalidParameter(f"{address} cannot be opened: {error}") from None

    @property
    def is_local(self) -> bool:
        return isinstance(self._system, fs.LocalFileSystem)

    def files(self) -> list[SourceFile]:
        info = self._system.get_file_info(self.path)
        if info.type is fs.FileType.NotFound:
            raise InvalidParameter(f"There is no {self.address}.")
        if info.is_file:
            return [_source_file(info, format_of(self.path))]
        selector = fs.FileSelector(self.path, recursive=True)
        found = [
            entry
            for entry in self._system.get_file_info(selector)
            # What begins so are the notes of Spark and others about their own work.
            if entry.is_file and not entry.base_name.startswith(("_", "."))
        ]
        files = [_source_file(entry, format_of(entry.path)) for entry in found]
        if not files:
            raise InvalidParameter(f"There is no table in the folder {self.address}.")
        return sorted(files, key=lambda file: file.path)

    def open_file(self, file: SourceFile) -> Any:
        return self._system.open_input_file(file.path)

    def exists(self) -> bool:
        return bool(self._system.get_file_info(self.path).type is not fs.FileType.NotFound)

    @contextmanager
    def whole(self) -> Iterator[Any]:
        if not self.is_local:
            # An object store would show what was written before an error, so nothing is sent yet.
            with tempfile.TemporaryDirectory(prefix="millpond-score-") as folder:
                draft = Path(folder) / "draft"
                with draft.open("wb") as stream:
                    yield stream
                with draft.open("rb") as done, self._system.open_output_stream(self.path) as out:
                    shutil.copyfileobj(done, out, _COPY_BYTES)
            return
        target = Path(self.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.partial")
        try:
            with draft.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(target)
            _sync(target.parent)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def _source_file(info: Any, kind: Format) -> SourceFile:
    return SourceFile(info.base_name, info.path, kind, info.size, info.mtime_ns or 0)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
