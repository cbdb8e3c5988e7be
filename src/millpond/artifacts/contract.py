"""What every place for files promises, whatever it is made of.

Paths are as `paths.safe_path` spells them; a store refuses any other with InvalidParameter. A path
is a file or a folder, never both; folders come with the files in them and are never made alone.
`millpond.testing.artifact_contract` holds a store to every sentence here.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from msgspec import Struct

CHUNK_BYTES = 1 << 20


class FileEntry(Struct, frozen=True, gc=False):
    """One line of a folder's listing; size_bytes is 0 for a folder."""

    path: str
    is_dir: bool
    size_bytes: int


class OpenFile(Protocol):
    """One file as it was when it was opened, whoever replaces or deletes it meanwhile.

    Iterating gives the bytes from start to end in chunks of at most CHUNK_BYTES, once. aclose()
    must be called, iterated or not.
    """

    size_bytes: int
    modified_ms: int
    etag: str
    start: int
    end: int

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None: ...


class Kept(Struct, frozen=True):
    """What a put did: how large the file is, and how large the one was that it replaced."""

    size_bytes: int
    replaced_bytes: int = 0


class PartTarget(Struct, frozen=True):
    """Where a client sends one part of a multipart upload.

    url: of the store itself, so that the bytes do not pass this server; "" when the store keeps
    parts only by ``put_part``.
    """

    part_number: int
    url: str = ""
    headers: dict[str, str] = {}


class MultipartUpload(Struct, frozen=True):
    """A begun multipart upload: nothing of it is visible until it is completed."""

    upload_id: str
    targets: Sequence[PartTarget]


class UploadedPart(Struct, frozen=True):
    """What the client was told when a part had arrived."""

    part_number: int
    etag: str
    url: str = ""


class PresignedFile(Struct, frozen=True):
    """An address that serves one file for a while; url "" when the store has none to give."""

    url: str
    headers: dict[str, str]
    size_bytes: int


class ArtifactStore(Protocol):
    """Files under one root."""

    async def put(
        self, path: str, chunks: AsyncIterator[bytes], size_bytes: int | None = None
    ) -> Kept:
        """Keep a file, replacing the one that was there.

        size_bytes: how much the chunks will be, if that is known. On return it is on disk. Until
        then readers see what was there before; they go on doing so, and nothing is left behind, if
        the chunks break off or the call is cancelled.
        Raises InvalidParameter (a folder is there, or a file where a folder is needed),
        Unavailable (the disk is full or gone), and whatever the chunks raise.
        """
        ...

    async def open(self, path: str, start: int = 0, end: int | None = None) -> OpenFile:
        """A file, to be read from start up to, not including, end.

        Both are cut to the size as Python's slices are; a negative start counts from the end.
        Raises DoesNotExist, InvalidParameter (it is a folder).
        """
        ...

    async def list_folder(self, path: str) -> list[FileEntry]:
        """What a folder holds, one level deep, paths relative to it, sorted by path.

        Empty when there is no such folder.
        """
        ...

    def walk(self, path: str) -> AsyncIterator[FileEntry]:
        """Every file below a folder, however deep, paths relative to it, in any order."""
        ...

    async def delete(self, path: str) -> int:
        """Delete a file or a whole folder; how many bytes that frees. Nothing there is no error.

        A file is gone at once for every reader; so is a folder on a disk, while an object store
        deletes the files in it one after the other. Raises InvalidParameter for the root.
        """
        ...

    def locate(self, uri: str) -> str | None:
        """The path of a place named in the store's own kind of address; None when it is outside.

        Raises InvalidParameter when it is inside but its path is not safe.
        """
        ...

    async def create_upload(self, path: str, parts: int) -> MultipartUpload:
        """Begin an upload in parts, which may come in any order and at the same time.

        Raises InvalidParameter as put does, and for a number of parts that cannot be.
        """
        ...

    async def put_part(
        self, path: str, upload_id: str, part_number: int, chunks: AsyncIterator[bytes]
    ) -> str:
        """Keep a part for which the upload named no url of the store; its tag.

        A part may be sent again, and the last one that was whole counts. Raises DoesNotExist for
        an upload that was not begun, or is over.
        """
        ...

    async def complete_upload(
        self, path: str, upload_id: str, parts: Sequence[UploadedPart]
    ) -> Kept:
        """Make the file of the parts, as put does.

        Raises DoesNotExist, and InvalidParameter for parts that are not those that arrived.
        """
        ...

    async def abort_upload(self, path: str, upload_id: str) -> None:
        """Forget the parts. Raises DoesNotExist."""
        ...

    async def presign_download(self, path: str) -> PresignedFile:
        """An address for reading a file straight from the store. Raises DoesNotExist."""
        ...

    def close(self) -> None:
        """Finish what was begun and give back threads and connections."""
        ...
