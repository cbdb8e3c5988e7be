"""One POST to a webhook's address: bounded in time and size, and only to addresses that may be."""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

from msgspec import Struct

TIMEOUT_S = 10.0
LARGEST_ANSWER_BYTES = 10_000


class Answer(Struct, frozen=True):
    """What an address said; status 0 if it said nothing, and then ``body`` is why."""

    status: int
    body: str

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    allows_private: bool,
    checks_certificate: bool = True,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """Send a body, and say how it went. Nothing is raised, and redirects are not followed.

    allows_private: whether it may go to this machine or a private network. The name is looked up
    once, and the connection goes to what was looked at: a name that changes its mind between the
    look and the call leads nowhere else.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_secure = parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    try:
        address = _look_up(host, port, allows_private)
        connection = _Connection(host, port, address, timeout_s)
        if is_secure:
            connection.use_tls(_context(checks_certificate))
        try:
            connection.request("POST", path, body, dict(headers))
            response = connection.getresponse()
            text = response.read(LARGEST_ANSWER_BYTES).decode("utf-8", "replace")
            return Answer(response.status, text)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(0, f"{type(error).__name__}: {error}")


class _Connection(http.client.HTTPConnection):
    """Goes to an address that was looked up already, under the name that was asked for."""

    def __init__(self, host: str, port: int, address: str, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._address = address
        self._context: ssl.SSLContext | None = None

    def use_tls(self, context: ssl.SSLContext) -> None:
        self._context = context

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


def _look_up(host: str, port: int, allows_private: bool) -> str:
    """The first address of a name that may be called. Raises PermissionError, OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [cast(str, entry[4][0]) for entry in found]
    for address in addresses:
        if allows_private or _is_public(address):
            return address
    raise PermissionError(
        f"{host} is an address of this machine or of a private network ({addresses[0]}); the "
        "setting webhook_private_addresses allows these."
    )


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(parsed, "ipv4_mapped", None)
    return (inner or parsed).is_global and not (inner or parsed).is_multicast


def _context(checks_certificate: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not checks_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
