"""From a datastore's record to a bucket that can be asked.

Apart from ``opening``, because obstore takes memory that a server with nothing but folders can do
without.
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from obstore.store import AzureStore, GCSStore, S3Store

from millpond.artifacts.direct_uploads import AzureUploads, S3Uploads
from millpond.artifacts.objects import DirectUploads, ObjectStore
from millpond.artifacts.signing import AzureSigner, S3Keys, Signer
from millpond.artifacts.threads import Threads
from millpond.domain.datastores import BucketPlace, Datastore, Kind, bucket_place
from millpond.errors import InvalidParameter

_Parts = tuple[Any, Signer | None, DirectUploads | None]

# An upload of a large file over a slow line takes its time.
_PRESIGNED_FOR = timedelta(hours=1)
_NO_REGION = "us-east-1"
_PATIENCE = {
    "connect_timeout": "5s",
    "read_timeout": "30s",
    # The whole of a long download; a store that says nothing ends it sooner.
    "timeout": "24h",
}
_RETRIES: Any = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=20),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2)},
}


def open_bucket(
    datastore: Datastore, credentials: Mapping[str, str], staging: Path, threads: Threads
) -> ObjectStore:
    """The store of a datastore that is no folder; it is not asked for anything yet.

    staging: a folder for the bytes of uploads in parts. Raises InvalidParameter.
    """
    place = bucket_place(datastore.uri)
    make = {Kind.S3: _s3, Kind.AZURE: _azure, Kind.GCS: _gcs}[datastore.kind]
    try:
        bucket, signer, direct = make(place, datastore.options, credentials, threads)
    except Exception as error:
        # obstore's words may hold what it was given.
        raise InvalidParameter(
            f"The datastore '{datastore.name}' cannot be opened with these options and "
            f"credentials ({type(error).__name__})."
        ) from None
    if datastore.options.get("presigned") == "false":
        signer = direct = None
    addresses = _addresses(datastore.uri, place)
    return ObjectStore(bucket, addresses, staging, threads, signer, direct)


def _s3(
    place: BucketPlace,
    options: Mapping[str, str],
    credentials: Mapping[str, str],
    threads: Threads,
) -> _Parts:
    config: Any = {
        name: options[name]
        for name in ("endpoint", "server_side_encryption", "sse_kms_key_id")
        if name in options
    }
    region = options.get("region") or os.environ.get("AWS_REGION") or _NO_REGION
    config["region"] = region
    if "virtual_hosted" in options:
        config["virtual_hosted_style_request"] = options["virtual_hosted"] == "true"
    keys = _s3_keys(credentials)
    bucket = S3Store(
        place.bucket,
        prefix=place.prefix or None,
        config=config,
        client_options=_client(options),
        retry_config=_RETRIES,
        # Given so, what the environment has beside (a session's token, say) is left out.
        credential_provider=_provider(keys) if credentials else None,
    )
    signer = Signer(bucket, _PRESIGNED_FOR)
    if keys is None:
        # The machine's own credentials are obstore's alone: parts come through the server.
        return bucket, signer, None
    return bucket, signer, S3Uploads(signer, region, keys, threads)


def _azure(
    place: BucketPlace,
    options: Mapping[str, str],
    credentials: Mapping[str, str],
    threads: Threads,
) -> _Parts:
    config: Any = {"account_name": place.host.partition(".")[0]}
    for name in ("endpoint", "tenant_id", "client_id", "authority_host"):
        if name in options:
            config[name] = options[name]
    for name, known_as in (
        ("account_key", "account_key"),
        ("client_secret", "client_secret"),
        ("sas_token", "sas_key"),
    ):
        if name in credentials:
            config[known_as] = credentials[name]
    bucket = AzureStore(
        place.bucket,
        prefix=place.prefix or None,
        config=config,
        client_options=_client(options),
        retry_config=_RETRIES,
    )
    signer = Signer(bucket, _PRESIGNED_FOR, only_plain_names=True)
    if "account_key" in credentials:
        account, key = config["account_name"], credentials["account_key"]
        signer = AzureSigner(bucket, _PRESIGNED_FOR, account, place.bucket, key)
    elif "sas_token" in credentials:
        # What signs nothing but itself would be given away whole.
        return bucket, None, None
    return bucket, signer, AzureUploads(signer, threads)


def _gcs(
    place: BucketPlace,
    options: Mapping[str, str],
    credentials: Mapping[str, str],
    threads: Threads,
) -> _Parts:
    config: Any = dict(credentials)
    if "endpoint" in options:
        config["base_url"] = options["endpoint"]
    bucket = GCSStore(
        place.bucket,
        prefix=place.prefix or None,
        config=config,
        client_options=_client(options),
        retry_config=_RETRIES,
    )
    return bucket, Signer(bucket, _PRESIGNED_FOR), None


def _client(options: Mapping[str, str]) -> Any:
    return {**_PATIENCE, "allow_http": options.get("endpoint", "").startswith("http:")}


def _s3_keys(credentials: Mapping[str, str]) -> S3Keys | None:
    """The datastore's own keys, else the environment's, if either has any."""
    given = credentials or {
        name: os.environ.get(f"AWS_{name.upper()}", "")
        for name in ("access_key_id", "secret_access_key", "session_token")
    }
    keys = S3Keys(
        given.get("access_key_id", ""),
        given.get("secret_access_key", ""),
        given.get("session_token", ""),
    )
    return keys if keys.access_key_id and keys.secret_access_key else None


def _provider(keys: S3Keys | None) -> Any:
    assert keys is not None  # domain.datastores checks that they come together
    given = {
        "access_key_id": keys.access_key_id,
        "secret_access_key": keys.secret_access_key,
        "token": keys.session_token or None,
        "expires_at": None,
    }
    return lambda: given


def _addresses(uri: str, place: BucketPlace) -> list[str]:
    """Every way in which clients write the address of a datastore's root, its own first."""
    below = f"/{place.prefix}" if place.prefix else ""
    written = [uri.rstrip("/")]
    scheme = uri.partition(":")[0]
    if scheme in ("s3", "s3a"):
        written += [f"{s}://{place.bucket}{below}" for s in ("s3", "s3a")]
    elif scheme != "gs":
        account, _, domain = place.host.partition(".")
        domain = domain.partition(".")[2]
        for kind, schemes in (("dfs", ("abfss", "abfs")), ("blob", ("wasbs", "wasb"))):
            host = f"{account}.{kind}.{domain}"
            written += [f"{s}://{place.bucket}@{host}{below}" for s in schemes]
    return list(dict.fromkeys(written))
