"""AES-256-GCM, with a fresh nonce before what it seals."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def seal(key: bytes, data: bytes, owner: bytes) -> bytes:
    """owner: sealed for one, it does not open for another."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, owner)


def unseal(key: bytes, sealed: bytes, owner: bytes) -> bytes | None:
    """What was sealed; None if it was with another key, for another owner, or is damaged."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner)
    except (InvalidTag, ValueError):
        return None
