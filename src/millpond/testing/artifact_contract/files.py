"""Promises about files and folders."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from millpond.artifacts.contract import CHUNK_BYTES, ArtifactStore, FileEntry, Kept
from millpond.errors import DoesNotExist, InvalidParameter
from millpond.testing.artifact_contract.samples import CutOff, chunks, names, read, run


class FileContract:
    """Files and folders."""

    def test_a_file_reads_back_as_it_was_put(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("0/run/artifacts/a.txt", chunks(b"one ", b"two"))
            assert await read(store, "0/run/artifacts/a.txt") == b"one two"

        run(story())

    def test_an_empty_file_is_a_file(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("a/empty", chunks())
            assert await read(store, "a/empty") == b""
            assert await store.list_folder("a") == [FileEntry("empty", False, 0)]

        run(story())

    @pytest.mark.parametrize(
        "size", [CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES + 7]
    )
    def test_a_file_of_many_chunks_keeps_every_byte(self, store: ArtifactStore, size: int) -> None:
        data = bytes(range(251)) * (size // 251 + 1)
        data = data[:size]

        async def story() -> None:
            pieces = [data[at : at + 65_536] for at in range(0, size, 65_536)]
            await store.put("big", chunks(*pieces))
            assert await read(store, "big") == data
            assert (await store.list_folder(""))[0].size_bytes == size

        run(story())

    def test_chunks_are_never_larger_than_promised(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("big", chunks(b"x" * (3 * CHUNK_BYTES + 1)))
            file = await store.open("big")
            sizes = [len(chunk) async for chunk in file]
            await file.aclose()
            assert sum(sizes) == 3 * CHUNK_BYTES + 1
            assert max(sizes) <= CHUNK_BYTES

        run(story())

    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [
            (0, None, b"0123456789"),
            (3, None, b"3456789"),
            (3, 5, b"34"),
            (0, 100, b"0123456789"),
            (-3, None, b"789"),
            (-100, None, b"0123456789"),
            (9, 10, b"9"),
            (10, None, b""),
            (50, 60, b""),
            (5, 3, b""),
        ],
    )
    def test_a_part_of_a_file_is_cut_as_a_slice(
        self, store: ArtifactStore, start: int, end: int | None, expected: bytes
    ) -> None:
        async def story() -> None:
            await store.put("digits", chunks(b"0123456789"))
            assert await read(store, "digits", start, end) == expected
            file = await store.open("digits", start, end)
            await file.aclose()
            assert (file.size_bytes, file.end - file.start) == (10, len(expected))

        run(story())

    def test_a_part_across_chunks_is_whole(self, store: ArtifactStore) -> None:
        data = bytes(i % 256 for i in range(2 * CHUNK_BYTES + 100))

        async def story() -> None:
            await store.put("big", chunks(data))
            part = await read(store, "big", CHUNK_BYTES - 5, 2 * CHUNK_BYTES + 5)
            assert part == data[CHUNK_BYTES - 5 : 2 * CHUNK_BYTES + 5]

        run(story())

    def test_a_second_put_replaces_the_file_and_its_tag(self, store: ArtifactStore) -> None:
        async def story() -> None:
            tags = set()
            for data in (b"first", b"other", b"first"):
                await store.put("a", chunks(data))
                file = await store.open("a")
                await file.aclose()
                tags.add((file.etag, data))
                assert await read(store, "a") == data
            by_data: dict[str, set[bytes]] = {}
            for tag, data in tags:
                by_data.setdefault(tag, set()).add(data)
            assert all(len(same) == 1 for same in by_data.values())

        run(story())

    def test_an_open_file_stays_what_it_was_when_it_is_replaced(self, store: ArtifactStore) -> None:
        old, new = b"o" * (3 * CHUNK_BYTES), b"n" * (3 * CHUNK_BYTES)

        async def story() -> None:
            await store.put("a", chunks(old))
            file = await store.open("a")
            got = [await anext(aiter(file))]
            await store.put("a", chunks(new))
            got += [chunk async for chunk in file]
            await file.aclose()
            assert b"".join(got) == old
            assert await read(store, "a") == new

        run(story())

    def test_an_upload_that_breaks_off_leaves_nothing(self, store: ArtifactStore) -> None:
        async def story() -> None:
            for size in (10, 3 * CHUNK_BYTES):
                with pytest.raises(CutOff):
                    await store.put("run/model.pkl", chunks(b"x" * size, cut_off=True))
                assert await store.list_folder("run") == []
            with pytest.raises(DoesNotExist):
                await store.open("run/model.pkl")

        run(story())

    def test_an_upload_that_breaks_off_leaves_the_file_it_would_replace(
        self, store: ArtifactStore
    ) -> None:
        async def story() -> None:
            await store.put("a", chunks(b"before"))
            with pytest.raises(CutOff):
                await store.put("a", chunks(b"x" * (2 * CHUNK_BYTES), b"y", cut_off=True))
            assert await read(store, "a") == b"before"

        run(story())

    def test_a_cancelled_upload_leaves_nothing(self, store: ArtifactStore) -> None:
        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * CHUNK_BYTES
                await asyncio.sleep(0)

        async def story() -> None:
            upload = asyncio.create_task(store.put("run/a", endless()))
            await asyncio.sleep(0.05)
            assert await store.list_folder("run") == []
            upload.cancel()
            with pytest.raises(asyncio.CancelledError):
                await upload
            assert await store.list_folder("run") == []

        run(story())

    def test_a_file_is_not_seen_before_it_is_whole(self, store: ArtifactStore) -> None:
        async def story() -> None:
            go_on = asyncio.Event()

            async def slowly() -> AsyncIterator[bytes]:
                yield b"x" * (2 * CHUNK_BYTES)
                await go_on.wait()
                yield b"end"

            upload = asyncio.create_task(store.put("run/a", slowly()))
            await asyncio.sleep(0.05)
            assert await store.list_folder("run") == []
            go_on.set()
            await upload
            assert await names(store, "run") == ["a"]

        run(story())

    def test_uploads_of_one_path_at_once_leave_one_of_them_whole(
        self, store: ArtifactStore
    ) -> None:
        async def story() -> None:
            bodies = [bytes([65 + i]) * (CHUNK_BYTES + i) for i in range(8)]
            await asyncio.gather(*(store.put("a/b", chunks(body)) for body in bodies))
            assert await read(store, "a/b") in bodies
            assert await names(store, "a") == ["b"]

        run(story())

    def test_many_uploads_at_once_all_arrive(self, store: ArtifactStore) -> None:
        async def story() -> None:
            paths = [f"run/{i % 7}/{i}" for i in range(60)]
            await asyncio.gather(*(store.put(path, chunks(path.encode())) for path in paths))
            assert [await read(store, path) for path in paths] == [p.encode() for p in paths]

        run(story())

    def test_a_listing_is_one_level_deep_sorted_and_relative(self, store: ArtifactStore) -> None:
        async def story() -> None:
            for path in ("r/b.txt", "r/a/deep/er.txt", "r/Z", "r/é.png", "r/a.txt", "other/x"):
                await store.put(path, chunks(b"12345"))
            assert await store.list_folder("r") == [
                FileEntry("Z", False, 5),
                FileEntry("a", True, 0),
                FileEntry("a.txt", False, 5),
                FileEntry("b.txt", False, 5),
                FileEntry("é.png", False, 5),
            ]
            assert await names(store, "r/a") == ["deep"]
            assert await names(store) == ["other", "r"]

        run(story())

    def test_a_listing_of_a_file_or_of_nothing_is_empty(self, store: ArtifactStore) -> None:
        async def story() -> None:
            assert await store.list_folder("") == []
            await store.put("r/a", chunks(b"1"))
            assert await store.list_folder("r/a") == []
            assert await store.list_folder("r/a/b") == []
            assert await store.list_folder("r/nothing") == []

        run(story())

    def test_a_file_that_is_not_there_does_not_exist(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("r/a", chunks(b"1"))
            for path in ("nothing", "r/nothing", "r/a/below"):
                with pytest.raises(DoesNotExist, match=f"No such artifact: '{path}'"):
                    await store.open(path)

        run(story())

    def test_a_folder_does_not_open_as_a_file(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("r/a", chunks(b"1"))
            with pytest.raises(InvalidParameter, match="directory, not a file: 'r'"):
                await store.open("r")

        run(story())

    def test_a_path_is_a_file_or_a_folder_never_both(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("r/a", chunks(b"1"))
            with pytest.raises(InvalidParameter):
                await store.put("r", chunks(b"2"))
            with pytest.raises(InvalidParameter):
                await store.put("r/a/b", chunks(b"2"))
            assert await read(store, "r/a") == b"1"

        run(story())

    def test_deleting_a_file_leaves_its_neighbours(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("r/a", chunks(b"1"))
            await store.put("r/ab", chunks(b"2"))
            await store.delete("r/a")
            assert await names(store, "r") == ["ab"]

        run(story())

    def test_deleting_a_folder_takes_all_below_it_and_it_can_come_back(
        self, store: ArtifactStore
    ) -> None:
        async def story() -> None:
            for path in ("r/a/1", "r/a/b/2", "r/ab/3"):
                await store.put(path, chunks(b"1"))
            await store.delete("r/a")
            assert await names(store, "r") == ["ab"]
            with pytest.raises(DoesNotExist):
                await store.open("r/a/b/2")
            await store.put("r/a/b/2", chunks(b"again"))
            assert await read(store, "r/a/b/2") == b"again"

        run(story())

    def test_deleting_what_is_not_there_is_no_error(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("a", chunks(b"1"))
            await store.delete("nothing/at/all")
            await store.delete("a/below")
            assert await names(store) == ["a"]

        run(story())

    def test_the_root_is_never_deleted(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("a", chunks(b"1"))
            for path in ("", ".", "./"):
                with pytest.raises(InvalidParameter):
                    await store.delete(path)
            assert await names(store) == ["a"]

        run(story())

    def test_an_open_file_reads_on_when_it_is_deleted(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("r/a", chunks(b"x" * (3 * CHUNK_BYTES)))
            file = await store.open("r/a")
            got = [await anext(aiter(file))]
            await store.delete("r")
            got += [chunk async for chunk in file]
            await file.aclose()
            assert sum(map(len, got)) == 3 * CHUNK_BYTES

        run(story())

    def test_folders_deleted_while_files_arrive_never_break_an_upload(
        self, store: ArtifactStore
    ) -> None:
        async def story() -> None:
            for _ in range(50):
                await asyncio.gather(
                    *(store.put(f"r/d/{i}", chunks(b"1")) for i in range(4)), store.delete("r")
                )
            await store.put("r/d/last", chunks(b"1"))
            assert await read(store, "r/d/last") == b"1"

        run(story())

    @pytest.mark.parametrize("path", ["../a", "a/../../b", "/etc/passwd", "a\0b", "%2e%2e/a"])
    def test_an_unsafe_path_is_refused_by_every_operation(
        self, store: ArtifactStore, path: str
    ) -> None:
        async def story() -> None:
            with pytest.raises(InvalidParameter):
                await store.put(path, chunks(b"1"))
            with pytest.raises(InvalidParameter):
                await store.open(path)
            with pytest.raises(InvalidParameter):
                await store.list_folder(path)
            with pytest.raises(InvalidParameter):
                await store.delete(path)

        run(story())

    @pytest.mark.parametrize(
        "name", ["ä ö.txt", "日本語.json", "a'b\"c;d", "50% off", "🙂", "a=b&c+d"]
    )
    def test_names_keep_every_character(self, store: ArtifactStore, name: str) -> None:
        async def story() -> None:
            await store.put(f"r/{name}", chunks(name.encode()))
            assert await names(store, "r") == [name]
            assert await read(store, f"r/{name}") == name.encode()

        run(story())

    def test_a_file_knows_when_it_was_stored(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("a", chunks(b"1"))
            file = await store.open("a")
            await file.aclose()
            # 2020 to 2100, in milliseconds.
            assert 1_577_836_800_000 < file.modified_ms < 4_102_444_800_000

        run(story())

    def test_a_foreign_address_is_not_located(self, store: ArtifactStore) -> None:
        for uri in ("ftp://host/a", "/nowhere/at/all", "relative/path", "runs:/0/a", ""):
            assert store.locate(uri) is None

    def test_a_put_tells_what_it_kept_and_replaced_and_a_delete_what_it_freed(
        self, store: ArtifactStore
    ) -> None:
        async def story() -> None:
            assert await store.put("r/a", chunks(b"12345")) == Kept(5, 0)
            assert await store.put("r/a", chunks(b"1", b"2"), 2) == Kept(2, 5)
            big = Kept(10 * CHUNK_BYTES, 0)
            assert await store.put("r/b/c", chunks(b"x" * big.size_bytes)) == big
            assert await store.delete("r/a") == 2
            assert await store.delete("r") == big.size_bytes
            assert await store.delete("r") == 0

        run(story())

    def test_a_walk_finds_every_file_however_deep(self, store: ArtifactStore) -> None:
        async def story() -> None:
            paths = ["a", "b/c", "b/d/e/f", "b/d/e/g", "bb/h"]
            for path in paths:
                await store.put(f"r/{path}", chunks(path.encode()))
            found = [entry async for entry in store.walk("r")]
            assert sorted(entry.path for entry in found) == paths
            assert all(entry.size_bytes == len(entry.path) for entry in found)
            assert [entry.path async for entry in store.walk("r/bb")] == ["h"]
            assert [entry async for entry in store.walk("nothing")] == []
            assert len([entry async for entry in store.walk("")]) == 5

        run(story())
