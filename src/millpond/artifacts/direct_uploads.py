"""Uploads whose parts the client sends to the bucket itself, by signed addresses."""

import base64
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen
from xml.sax.saxutils import escape

from millpond.artifacts.contract import MultipartUpload, PartTarget, UploadedPart
from millpond.artifacts.signing import S3Keys, Signer, sign_s3
from millpond.artifacts.threads import Threads
from millpond.errors import (
    DoesNotExist,
    InvalidParameter,
    MillpondError,
    NotSupported,
    Unavailable,
)

_ANSWER_LIMIT_S = 60.0
_UPLOAD_ID = re.compile(r"<UploadId>([^<]+)</UploadId>")
_CODE = re.compile(r"<Code>(\w+)</Code>")


class S3Uploads:
    """Multipart uploads of S3; see ``objects.DirectUploads``."""

    def __init__(self, signer: Signer, region: str, keys: S3Keys, threads: Threads) -> None:
        self._signer = signer
        self._region = region
        self._keys = keys
        self._threads = threads

    async def create(self, key: str, parts: int) -> MultipartUpload:
        address = await self._address(key)
        answer = await self._ask("POST", address, {"uploads": ""})
        found = _UPLOAD_ID.search(answer)
        if not found:
            raise Unavailable("The store began no upload in parts, and did not say why.")
        upload_id = found[1]
        targets = [
            PartTarget(n, self._sign("PUT", address, {"partNumber": str(n), "uploadId": upload_id}))
            for n in range(1, parts + 1)
        ]
        return MultipartUpload(upload_id, targets)

    async def complete(self, key: str, upload_id: str, parts: Sequence[UploadedPart]) -> None:
        listed = "".join(
            f"<Part><PartNumber>{part.part_number}</PartNumber><ETag>{escape(part.etag)}</ETag></Part>"
            for part in sorted(parts, key=lambda part: part.part_number)
        )
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        address = await self._address(key)
        await self._ask("POST", address, {"uploadId": upload_id}, body)

    async def abort(self, key: str, upload_id: str) -> None:
        await self._ask("DELETE", await self._address(key), {"uploadId": upload_id})

    async def _address(self, key: str) -> str:
        """Where the object is, as obstore addresses it."""
        signed = await self._signer.sign("GET", key)
        assert signed is not None  # S3's signer signs every name
        return signed.partition("?")[0]

    async def _ask(
        self, method: str, address: str, query: Mapping[str, str], body: bytes = b""
    ) -> str:
        url = self._sign(method, address, query)
        return await self._threads.run(_ask, method, url, body)

    def _sign(self, method: str, address: str, query: Mapping[str, str]) -> str:
        return sign_s3(
            method,
            address,
            query,
            self._region,
            self._keys,
            self._signer.good_for,
            datetime.now(UTC),
        )


class AzureUploads:
    """Uploads in blocks of Azure Blob; see ``objects.DirectUploads``."""

    def __init__(self, signer: Signer, threads: Threads) -> None:
        self._signer = signer
        self._threads = threads

    async def create(self, key: str, parts: int) -> MultipartUpload:
        upload_id = secrets.token_urlsafe(18)
        signed = await self._signed(key)
        targets = [
            PartTarget(n, f"{signed}&comp=block&blockid={quote(_block_id(upload_id, n), safe='')}")
            for n in range(1, parts + 1)
        ]
        return MultipartUpload(upload_id, targets)

    async def complete(self, key: str, upload_id: str, parts: Sequence[UploadedPart]) -> None:
        numbers = sorted(part.part_number for part in parts)
        listed = "".join(f"<Latest>{_block_id(upload_id, n)}</Latest>" for n in numbers)
        body = f"<BlockList>{listed}</BlockList>".encode()
        url = f"{await self._signed(key)}&comp=blocklist"
        await self._threads.run(_ask, "PUT", url, body)

    async def abort(self, key: str, upload_id: str) -> None:
        """Blocks that no list names are Azure's to forget, which it does after a week."""

    async def _signed(self, key: str) -> str:
        signed = await self._signer.sign("PUT", key)
        if signed is None:
            raise NotSupported("Uploads in parts of this name go through the server.")
        return signed


def _block_id(upload_id: str, number: int) -> str:
    return base64.b64encode(f"{upload_id}-{number:05}".encode()).decode()


def _ask(method: str, url: str, body: bytes) -> str:
    """What the store answers. Raises DoesNotExist, InvalidParameter, Unavailable."""
    request = Request(url, data=body, method=method)
    request.add_header("Content-Type", "application/xml")
    try:
        with _with_patience(lambda: urlopen(request, timeout=_ANSWER_LIMIT_S)) as answer:
            said: str = answer.read().decode("utf-8", "replace")
    except HTTPError as error:
        with error:
            raise _refused(error.read().decode("utf-8", "replace"), error.code) from None
    except (URLError, OSError):
        raise Unavailable(
            "The store cannot be reached; the upload can be completed later."
        ) from None
    if "<Error>" in said:
        # S3 answers 200 before it knows whether it can put the parts together.
        raise _refused(said, 500)
    return said


def _with_patience(ask: Callable[[], Any]) -> Any:
    """The answer, asked for once more if the connection was lost."""
    try:
        return ask()
    except HTTPError:
        raise
    except (URLError, OSError):
        time.sleep(0.2)
        return ask()


def _refused(said: str, status: int) -> MillpondError:
    found = _CODE.search(said)
    code = found[1] if found else str(status)
    if code == "NoSuchUpload":
        return DoesNotExist("There is no such upload in parts, or it is over.")
    if status >= 500:
        return Unavailable(f"The store failed on the upload ({code}); it can be tried again.")
    return InvalidParameter(f"The store refused the upload ({code}).")
