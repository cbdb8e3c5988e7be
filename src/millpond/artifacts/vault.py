"""Credentials at rest: encrypted, each for the one record it belongs to."""

import contextlib
import hashlib
import hmac
import importlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from millpond.errors import BadRequest, InvalidParameter

KEY_NAME = "secret.key"
_KEY_BYTES = 32
_SHORTEST_SETTING = 16


class Vault:
    """Seals credentials and opens them again; signs addresses."""

    def __init__(self, key: bytes) -> None:
        self._sealing_key = _derived(key, b"credentials")
        self._signing_key = _derived(key, b"addresses")

    def seal(self, credentials: Mapping[str, str], owner: str) -> bytes:
        """owner: whose they are; sealed for one, they do not open for another."""
        sealed: bytes = _sealing().seal(
            self._sealing_key, msgspec.json.encode(dict(credentials)), owner.encode()
        )
        return sealed

    def open(self, sealed: bytes, owner: str) -> dict[str, str]:
        """Raises BadRequest if they were sealed with another key or for another owner."""
        plain = _sealing().unseal(self._sealing_key, sealed, owner.encode())
        if plain is None:
            raise BadRequest(
                f"The credentials of {owner} were stored with another secret key. Start the server "
                "with that key, or give them again."
            )
        return msgspec.json.decode(plain, type=dict[str, str])

    def sign(self, text: str) -> str:
        """A signature that only this server can make and check."""
        return hmac.digest(self._signing_key, text.encode(), "sha256").hex()

    def has_signed(self, text: str, signature: str) -> bool:
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())

    def __repr__(self) -> str:
        return "Vault(...)"


def open_vault(folder: Path, secret_key: str) -> Vault:
    """The vault of a setting, else of the key file in a folder, made if missing.

    Raises InvalidParameter for a setting that is too short to be a secret.
    """
    if secret_key:
        if len(secret_key) < _SHORTEST_SETTING:
            raise InvalidParameter(
                f"The setting secret_key must have at least {_SHORTEST_SETTING} characters."
            )
        return Vault(secret_key.encode())
    place = folder / KEY_NAME
    with contextlib.suppress(FileExistsError):
        _make_key_file(place)
    return Vault(bytes.fromhex(place.read_text("ascii").strip()))


def _make_key_file(place: Path) -> None:
    """Raises FileExistsError. The file is there whole or not at all."""
    if place.exists():
        raise FileExistsError
    draft = place.with_name(f"{place.name}-{secrets.token_hex(8)}")
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(number, secrets.token_hex(_KEY_BYTES).encode() + b"\n")
        os.fsync(number)
    finally:
        os.close(number)
    try:
        os.link(draft, place)
    finally:
        draft.unlink()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hashlib.sha256(b"millpond " + purpose + b"\0" + key).digest()


def _sealing() -> Any:
    """Loaded when there is something to seal: most servers have no credentials to keep."""
    return importlib.import_module("millpond.artifacts.sealing")
