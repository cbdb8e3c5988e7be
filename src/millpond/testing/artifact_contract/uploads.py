"""Promises about uploads in parts, and addresses for downloads."""

import asyncio
from urllib.request import Request, urlopen

import pytest

from millpond.artifacts.contract import ArtifactStore, Kept, MultipartUpload, UploadedPart
from millpond.errors import DoesNotExist, InvalidParameter
from millpond.testing.artifact_contract.samples import chunks, read, run


class UploadContract:
    """Uploads in parts, and addresses."""

    def test_parts_in_any_order_make_a_file(self, store: ArtifactStore) -> None:
        size = 5 << 20  # the least that S3 takes as a part
        data = bytes(range(256)) * (2 * size // 256 + 1)
        parts = {n: data[(n - 1) * size : n * size] for n in (3, 1, 2)}

        async def story() -> None:
            await store.put("r/big", chunks(b"before"))
            upload = await store.create_upload("r/big", 3)
            sent = [
                UploadedPart(n, await put_part(store, "r/big", upload, n, part))
                for n, part in parts.items()
            ]
            assert await read(store, "r/big") == b"before"
            kept = await store.complete_upload("r/big", upload.upload_id, sent)
            assert kept == Kept(len(data), len(b"before"))
            assert await read(store, "r/big") == data

        run(story())

    def test_an_upload_in_one_part_may_be_small(self, store: ArtifactStore) -> None:
        async def story() -> None:
            upload = await store.create_upload("r/small", 1)
            tag = await put_part(store, "r/small", upload, 1, b"tiny")
            parts = [UploadedPart(1, tag)]
            await store.complete_upload("r/small", upload.upload_id, parts)
            assert await read(store, "r/small") == b"tiny"

        run(story())

    def test_an_aborted_upload_leaves_nothing_and_is_over(self, store: ArtifactStore) -> None:
        async def story() -> None:
            upload = await store.create_upload("r/big", 2)
            assert [target.part_number for target in upload.targets] == [1, 2]
            assert await store.list_folder("r") == []
            tag = await put_part(store, "r/big", upload, 1, b"x" * 100)
            await store.abort_upload("r/big", upload.upload_id)
            assert await store.list_folder("r") == []
            if not upload.targets[0].url:
                with pytest.raises(DoesNotExist):
                    await put_part(store, "r/big", upload, 2, b"x")
                parts = [UploadedPart(1, tag)]
                with pytest.raises(DoesNotExist):
                    await store.complete_upload("r/big", upload.upload_id, parts)

        run(story())

    def test_an_upload_in_parts_where_no_file_can_be_is_refused(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("r/a", chunks(b"1"))
            with pytest.raises(InvalidParameter):
                await store.create_upload("r", 2)
            for parts in (0, -1, 10_001):
                with pytest.raises(InvalidParameter):
                    await store.create_upload("r/b", parts)
            with pytest.raises(InvalidParameter):
                await store.create_upload("../b", 2)

        run(story())

    def test_an_address_for_a_download_serves_the_file(self, store: ArtifactStore) -> None:
        async def story() -> None:
            await store.put("r/a b%c", chunks(b"12345"))
            file = await store.presign_download("r/a b%c")
            assert file.size_bytes == 5
            if file.url:
                assert await asyncio.to_thread(_get, file.url, file.headers) == b"12345"
            with pytest.raises(DoesNotExist):
                await store.presign_download("r/nothing")
            with pytest.raises(InvalidParameter):
                await store.presign_download("r")

        run(story())


async def put_part(
    store: ArtifactStore, path: str, upload: MultipartUpload, number: int, data: bytes
) -> str:
    """Send a part as a client does: to the store's own address if it gave one. Its tag."""
    target = upload.targets[number - 1]
    if not target.url:
        return await store.put_part(path, upload.upload_id, number, chunks(data))
    return await asyncio.to_thread(_put, target.url, target.headers, data)


def _put(url: str, headers: dict[str, str], data: bytes) -> str:
    # A type of its own: urllib would call it a form.
    headers = {"Content-Type": "application/octet-stream", **headers}
    with urlopen(Request(url, data, headers, method="PUT"), timeout=60) as answer:
        return str(answer.headers.get("ETag", ""))


def _get(url: str, headers: dict[str, str]) -> bytes:
    with urlopen(Request(url, headers=headers), timeout=60) as answer:
        return bytes(answer.read())
