"""Zips of folders: of any number of files, never whole in memory, cut off when a file is."""

import io
import os
import tracemalloc
import zipfile
from contextlib import closing

import pytest

from millpond.artifacts.contract import CHUNK_BYTES, FileEntry
from millpond.artifacts.folder import FolderStore
from millpond.artifacts.zipping import zip_folder
from millpond.errors import Unavailable
from millpond.testing.artifact_contract import chunks, run


class ManyFiles:
    """A store of so many small files, and one that is larger than memory should be."""

    def __init__(self, count, large_bytes=0):
        self._count = count
        self._large_bytes = large_bytes

    async def walk(self, path):
        for number in range(self._count):
            yield FileEntry(f"{number}.txt", False, 1)
        if self._large_bytes:
            yield FileEntry("large", False, self._large_bytes)

    async def open(self, path):
        return OpenFile(self._large_bytes if path.endswith("large") else 1)


class OpenFile:
    def __init__(self, size_bytes):
        self.size_bytes = size_bytes
        self.modified_ms = 1_700_000_000_000

    async def __aiter__(self):
        for start in range(0, self.size_bytes, CHUNK_BYTES):
            yield bytes(min(CHUNK_BYTES, self.size_bytes - start))

    async def aclose(self):
        pass


def test_more_files_than_the_old_format_counts_are_all_there(tmp_path):
    async def story():
        with (tmp_path / "z").open("wb") as file:
            async for chunk in zip_folder(ManyFiles(66_000), ""):
                file.write(chunk)

    run(story())
    with zipfile.ZipFile(tmp_path / "z") as archive:
        assert len(archive.namelist()) == 66_000
        assert archive.read("65999.txt") == b"\0"


def test_a_file_larger_than_the_old_format_holds_is_whole_and_takes_no_memory():
    size = (4 << 30) + 5
    ends = []

    async def story():
        total = 0
        async for chunk in zip_folder(ManyFiles(1, size), ""):
            total += len(chunk)
            ends.append(chunk[-200:])
            del ends[:-3]
        return total

    tracemalloc.start()
    try:
        total = run(story())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total > size
    assert peak < 16 << 20
    # The record of 64-bit sizes is at the end.
    assert b"PK\x06\x06" in b"".join(ends) or b"PK\x01\x02" in b"".join(ends)


def test_a_file_that_breaks_off_cuts_the_zip_off(tmp_path):
    with closing(FolderStore(tmp_path / "files")) as store:
        run(store.put("r/big", chunks(*[b"x" * CHUNK_BYTES] * 4)))

        async def story():
            made = zip_folder(store, "r")
            sent = await anext(made)
            os.truncate(tmp_path / "files" / "r" / "big", 10)

            async def send_the_rest():
                nonlocal sent
                async for chunk in made:
                    sent += chunk

            with pytest.raises(Unavailable):
                await send_the_rest()
            return sent

        with pytest.raises(zipfile.BadZipFile):
            zipfile.ZipFile(io.BytesIO(run(story())))
