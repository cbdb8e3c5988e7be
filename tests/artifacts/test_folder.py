"""The folder store keeps the contract, and what only a folder can get wrong."""

import asyncio
import gc
import os
from contextlib import closing
from pathlib import Path

import pytest

from millpond.artifacts import disk
from millpond.artifacts.contract import CHUNK_BYTES, UploadedPart
from millpond.artifacts.file_log import MOST_BYTES
from millpond.artifacts.folder import FolderStore
from millpond.artifacts.folder_tree import STAGING
from millpond.errors import DoesNotExist, InvalidParameter, Unavailable
from millpond.testing.artifact_contract import (
    ArtifactStoreContract,
    CutOff,
    chunks,
    names,
    read,
    run,
)
from tests.artifacts.staging import staged

LARGE = b"x" * (MOST_BYTES + 1)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "artifacts"


@pytest.fixture
def store(root):
    with closing(FolderStore(root, threads=4)) as store:
        yield store


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="open files are counted in /proc"
)


class TestFolderStore(ArtifactStoreContract):
    pass


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_link_that_leads_out_is_neither_read_nor_listed_nor_written_through(root, store):
    secret = root.parent / "secret"
    secret.mkdir()
    (secret / "key").write_text("s3cret")
    (root / "out").symlink_to(secret)
    (root / "key").symlink_to(secret / "key")

    async def story():
        for path in ("out/key", "key", "out"):
            with pytest.raises(InvalidParameter, match=r"^Invalid path$"):
                await store.open(path)
        with pytest.raises(InvalidParameter):
            await store.list_folder("out")
        with pytest.raises(InvalidParameter):
            await store.put("out/new", chunks(b"1"))
        with pytest.raises(InvalidParameter):
            await store.delete("out/key")
        assert await names(store) == []

    run(story())
    assert [place.name for place in secret.iterdir()] == ["key"]


def test_deleting_a_link_leaves_what_it_leads_to(root, store):
    secret = root.parent / "secret"
    secret.mkdir()
    (secret / "key").write_text("kept")
    (root / "out").symlink_to(secret)
    (root / "key").symlink_to(secret / "key")
    run(store.delete("out"))
    run(store.delete("key"))
    assert (secret / "key").read_text() == "kept"
    assert not (root / "out").is_symlink()
    assert not (root / "key").is_symlink()


def test_writing_over_a_link_replaces_the_link(root, store):
    outside = root.parent / "outside"
    outside.write_text("kept")
    (root / "a").symlink_to(outside)
    run(store.put("a", chunks(b"new")))
    assert outside.read_text() == "kept"
    assert run(read(store, "a")) == b"new"


def test_a_link_within_the_root_works(root, store):
    run(store.put("real/a", chunks(b"1")))
    (root / "alias").symlink_to(root / "real")
    assert run(read(store, "alias/a")) == b"1"
    assert run(names(store)) == ["alias", "real"]


def test_a_root_that_is_itself_a_link_works(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "artifacts").symlink_to(tmp_path / "disk")
    with closing(FolderStore(tmp_path / "artifacts")) as store:
        run(store.put("r/a", chunks(b"1")))
        assert run(read(store, "r/a")) == b"1"
        assert store.locate(f"{tmp_path}/artifacts/r") == "r"
        assert store.locate(f"{tmp_path}/disk/r") == "r"


def test_nothing_is_left_in_staging_whatever_happened(root, store):
    async def story():
        await store.put("r/a", chunks(b"1"))
        with pytest.raises(CutOff):
            await store.put("r/b", chunks(b"x" * (2 * CHUNK_BYTES), cut_off=True))
        with pytest.raises(InvalidParameter):
            await store.put("r", chunks(b"x" * (2 * CHUNK_BYTES)))
        with pytest.raises(InvalidParameter):
            await store.put("r/a/b", chunks(b"1"))
        await store.delete("r")

    run(story())
    assert staged(root) == []


def test_what_a_crash_left_is_swept_at_the_next_start(root):
    FolderStore(root).close()
    left = root / STAGING / "own-0123456789abcdef"
    (left / "tree").mkdir(parents=True)
    (left / "tree" / "a").write_bytes(b"x")
    (left / "half").write_bytes(b"x")
    FolderStore(root).close()
    assert staged(root) == []
    assert not left.exists()


def test_servers_that_share_a_folder_leave_each_others_uploads_alone(root):
    async def slowly(goes_on):
        yield b"x" * CHUNK_BYTES
        await goes_on.wait()
        yield b"end"

    async def story():
        goes_on = asyncio.Event()
        with closing(FolderStore(root)) as one:
            upload = asyncio.create_task(one.put("r/a", slowly(goes_on)))
            await asyncio.sleep(0.05)
            with closing(FolderStore(root)) as two:
                goes_on.set()
                await upload
                assert await read(two, "r/a") == b"x" * CHUNK_BYTES + b"end"

    run(story())


def test_servers_that_share_a_folder_take_the_parts_of_one_upload_together(root):
    async def story():
        with closing(FolderStore(root)) as one, closing(FolderStore(root)) as two:
            upload = await one.create_upload("r/a", 3)
            ends = {1: one, 2: two, 3: two}
            parts = [
                UploadedPart(
                    n, await ends[n].put_part("r/a", upload.upload_id, n, chunks(b"%d" % n))
                )
                for n in (3, 1, 2)
            ]
            with closing(FolderStore(root)) as three:
                await three.complete_upload("r/a", upload.upload_id, parts)
            assert await read(one, "r/a") == b"123"
            with pytest.raises(DoesNotExist):
                await two.abort_upload("r/a", upload.upload_id)

    run(story())
    assert staged(root) == []


@pytest.mark.parametrize("upload_id", ["", "..", "../../x", "a" * 32, "a/b", "\0", "own-1"])
def test_an_id_that_no_upload_has_is_refused(root, store, upload_id):
    async def story():
        with pytest.raises(DoesNotExist):
            await store.put_part("r/a", upload_id, 1, chunks(b"1"))
        with pytest.raises(DoesNotExist):
            await store.complete_upload("r/a", upload_id, [UploadedPart(1, "x")])
        with pytest.raises(DoesNotExist):
            await store.abort_upload("r/a", upload_id)

    run(story())


def test_an_upload_that_nobody_finishes_is_forgotten_after_a_day(root, store):
    async def story():
        old = await store.create_upload("r/old", 2)
        await store.put_part("r/old", old.upload_id, 1, chunks(b"1"))
        young = await store.create_upload("r/young", 2)
        begun = root / STAGING / "uploads" / old.upload_id
        os.utime(begun, (0, 0))
        await store.create_upload("r/new", 2)
        assert not begun.exists()
        await store.put_part("r/young", young.upload_id, 1, chunks(b"1"))

    run(story())


def test_staging_is_hidden_from_clients(store):
    async def story():
        await store.put("a", chunks(b"1"))
        assert await names(store) == ["a"]
        for path in (STAGING, f"{STAGING}/x", f"./{STAGING}/x"):
            with pytest.raises(InvalidParameter):
                await store.put(path, chunks(b"1"))
            with pytest.raises(InvalidParameter):
                await store.open(path)
            with pytest.raises(InvalidParameter):
                await store.list_folder(path)
            with pytest.raises(InvalidParameter):
                await store.delete(path)

    run(story())


def test_a_large_file_is_synced_then_renamed_then_every_new_folder_is_synced(
    root, store, monkeypatch
):
    run(store.put("first", chunks(b"makes the log")))
    steps = []
    real_sync, real_rename, real_folder = os.fsync, Path.replace, disk.sync_folder
    monkeypatch.setattr(os, "fsync", lambda n: (steps.append("file"), real_sync(n))[1])
    monkeypatch.setattr(
        Path, "replace", lambda p, to: (steps.append(f"name {to.name}"), real_rename(p, to))[1]
    )

    def sync_folder(place):
        steps.append(f"folder {place.name}")
        monkeypatch.setattr(os, "fsync", real_sync)
        real_folder(place)

    monkeypatch.setattr(disk, "sync_folder", sync_folder)
    run(store.put("r/d/a", chunks(LARGE)))
    assert steps == ["file", "name a", "folder d", "folder r", "folder artifacts"]
    steps.clear()
    run(store.put("r/d/b", chunks(LARGE)))
    assert steps == ["name b", "folder d"]


@pytest.mark.parametrize(
    ("content", "moment"),
    [(LARGE, "fsync"), (LARGE, "replace"), (b"1", "fdatasync"), (b"1", "replace")],
)
def test_a_full_disk_is_said_in_words_and_leaves_nothing(root, store, monkeypatch, content, moment):
    def full(*_):
        raise OSError(28, "No space left on device", "/private/place")

    monkeypatch.setattr(Path if moment == "replace" else os, moment, full)
    with pytest.raises(Unavailable) as refusal:
        run(store.put("r/a", chunks(content)))
    assert "full" in refusal.value.message
    assert "private" not in refusal.value.message
    assert staged(root) == []
    assert run(names(store, "r")) == []


def test_a_name_too_long_for_the_disk_is_the_callers_error(root, store):
    for operation in (store.put("a" * 300, chunks(b"1")), store.open("a" * 300)):
        with pytest.raises(InvalidParameter, match="too long"):
            run(operation)
    assert staged(root) == []


def test_a_pipe_is_not_waited_for(root, store):
    os.mkfifo(root / "pipe")
    with pytest.raises(InvalidParameter):
        run(store.open("pipe"))


def test_a_name_that_is_not_text_is_not_listed(root, store):
    Path(os.fsdecode(os.fsencode(root) + b"/\xff\xfe")).write_bytes(b"1")
    run(store.put("a", chunks(b"1")))
    assert run(names(store)) == ["a"]


def test_new_files_have_the_mode_that_the_umask_gives(root, store):
    old = os.umask(0o027)
    try:
        run(store.put("a", chunks(b"1")))
    finally:
        os.umask(old)
    assert (root / "a").stat().st_mode & 0o777 == 0o640


def test_local_addresses_inside_the_root_are_located(root, store):
    assert store.locate(f"{root}/0/run/artifacts") == "0/run/artifacts"
    assert store.locate(f"file://{root}/0/a%20b") == "0/a b"
    assert store.locate(f"file:{root}/x") == "x"
    assert store.locate(str(root)) == ""
    assert store.locate(f"{root}-other/x") is None
    assert store.locate(f"file://elsewhere{root}/x") is None
    assert store.locate("s3://bucket/x") is None
    with pytest.raises(InvalidParameter):
        store.locate(f"{root}/../secret")


@needs_proc
def test_a_file_read_to_its_end_and_closed_holds_nothing(store):
    run(store.put("big", chunks(*[b"x" * CHUNK_BYTES] * 16)))

    async def story():
        before = open_files()
        file = await store.open("big")
        assert [len(chunk) async for chunk in file] == [CHUNK_BYTES] * 16
        await file.aclose()
        assert open_files() == before

    run(story())


@needs_proc
def test_a_file_closed_early_gives_back_its_descriptor(root):
    before = open_files()
    store = FolderStore(root)
    run(store.put("big", chunks(*[b"x" * CHUNK_BYTES] * 8)))

    async def story():
        for _ in range(20):
            file = await store.open("big")
            await anext(aiter(file))
            await file.aclose()
            await file.aclose()
            # An answer that was never sent: nobody closes it.
            file = await store.open("big")
            del file

    run(story())
    # A read that was under way closes the file when it ends, in its own thread.
    store.close()
    gc.collect()
    assert open_files() <= before


def test_a_file_cut_short_while_read_is_an_error_not_a_short_answer(root, store):
    run(store.put("big", chunks(*[b"x" * CHUNK_BYTES] * 8)))

    async def story():
        file = await store.open("big")
        try:
            await anext(aiter(file))
            os.truncate(root / "big", 10)
            with pytest.raises(Unavailable):
                [chunk async for chunk in file]
        finally:
            await file.aclose()

    run(story())


def test_work_after_the_first_failure_still_runs(store):
    async def story():
        for _ in range(20):
            with pytest.raises(DoesNotExist):
                await store.open("nothing")
        await store.put("a", chunks(b"1"))
        assert await read(store, "a") == b"1"

    run(story())
