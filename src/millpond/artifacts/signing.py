"""Signed addresses, by which a client reaches one object for a while.

obstore signs the address of an object, but not the queries that the parts of an upload to S3 need,
and for Azure it signs names that need escapes wrongly; so these are signed here.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote, unquote, urlencode, urlsplit

import obstore
from msgspec import Struct

Method = Literal["GET", "PUT"]

_AZURE_VERSION = "2020-12-06"
_AZURE_RIGHTS = {"GET": "r", "PUT": "cw"}


class Signer:
    """Signs addresses of a bucket's objects as obstore does."""

    def __init__(self, bucket: Any, good_for: timedelta, only_plain_names: bool = False) -> None:
        """good_for: how long an address is good; only_plain_names: for no others it would be."""
        self.good_for = good_for
        self._bucket = bucket
        self._only_plain_names = only_plain_names

    async def sign(self, method: Method, key: str) -> str | None:
        """An address for an object, by its path below the bucket's prefix, or None."""
        if self._only_plain_names and quote(key, safe="/!$&'()*+,;=:@~") != key:
            return None
        signed: str = await obstore.sign_async(self._bucket, method, key, self.good_for)
        return signed


class AzureSigner(Signer):
    """Signs with an account's key (a service SAS)."""

    def __init__(
        self, bucket: Any, good_for: timedelta, account: str, container: str, key: str
    ) -> None:
        super().__init__(bucket, good_for)
        self._account = account
        self._container = container
        self._key = base64.b64decode(key)

    async def sign(self, method: Method, key: str) -> str | None:
        signed = await super().sign(method, key)
        assert signed is not None
        address = signed.partition("?")[0]
        path = unquote(urlsplit(address).path)
        blob = path[path.index(f"/{self._container}/") :]
        return f"{address}?{self._query(method, blob, datetime.now(UTC))}"

    def _query(self, method: Method, blob: str, now: datetime) -> str:
        # A little into the past, for a clock that is not quite right.
        start, end = (
            (now + shift).strftime("%Y-%m-%dT%H:%M:%SZ")
            for shift in (timedelta(minutes=-5), self.good_for)
        )
        rights = _AZURE_RIGHTS[method]
        resource = f"/blob/{self._account}{blob}"
        fields = [rights, start, end, resource, "", "", "", _AZURE_VERSION, "b", *[""] * 7]
        digest = hmac.digest(self._key, "\n".join(fields).encode(), "sha256")
        return urlencode(
            {
                "sv": _AZURE_VERSION,
                "sp": rights,
                "st": start,
                "se": end,
                "sr": "b",
                "sig": base64.b64encode(digest).decode(),
            }
        )


class S3Keys(Struct, frozen=True, repr_omit_defaults=True):
    """An access key of S3. It is never shown."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""

    def __repr__(self) -> str:
        return "S3Keys(...)"


def sign_s3(
    method: str,
    address: str,
    query: Mapping[str, str],
    region: str,
    keys: S3Keys,
    good_for: timedelta,
    now: datetime,
) -> str:
    """An address with Signature Version 4 in its query; its body is not covered."""
    parts = urlsplit(address)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    signed = {
        **query,
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{keys.access_key_id}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(int(good_for.total_seconds())),
        "X-Amz-SignedHeaders": "host",
    }
    if keys.session_token:
        signed["X-Amz-Security-Token"] = keys.session_token
    listed = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted(signed.items()))
    path = quote(unquote(parts.path), safe="/-_.~")
    request = "\n".join(
        [method, path, listed, f"host:{parts.netloc}", "", "host", "UNSIGNED-PAYLOAD"]
    )
    digest = hashlib.sha256(request.encode()).hexdigest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, digest])
    key = f"AWS4{keys.secret_access_key}".encode()
    for word in (stamp[:8], region, "s3", "aws4_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return f"{parts.scheme}://{parts.netloc}{path}?{listed}&X-Amz-Signature={signature}"
