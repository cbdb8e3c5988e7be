"""From what users call a place of files to its path in the workspace's store.

MLflow's own addresses (``runs:/``, ``models:/``, ``mlflow-artifacts:/``), ``datastore://NAME/path``,
and an address of a folder or bucket that is, or lies in, a datastore. The server opens no other
address that a client has written into a run.
"""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

from millpond.artifacts.paths import join, safe_path
from millpond.domain.datastores import mounted, parse_location
from millpond.errors import BadRequest, InvalidParameter

Lookup = Callable[[str], Awaitable[str]]
Locate = Callable[[str], Awaitable[str | None]]

PROXIED_SCHEMES = {"mlflow-artifacts", "http", "https"}
_PROXY = "/api/2.0/mlflow-artifacts/artifacts/"
_LOGGED_MODEL = re.compile(r"m-[0-9a-f]{32}")


class Places:
    """Finds the files of runs, models and addresses.

    lookup_run, lookup_model: from an id to the artifact URI; lookup_version: the same from
    ``models:/NAME/VERSION`` or ``models:/NAME@ALIAS``. They raise DoesNotExist.
    locate: the path of a folder's or bucket's address in any datastore, None if it is in none.
    """

    def __init__(
        self, lookup_run: Lookup, lookup_model: Lookup, lookup_version: Lookup, locate: Locate
    ) -> None:
        self.uri_of_run = lookup_run
        self.uri_of_model = lookup_model
        self._uri_of_version = lookup_version
        self._locate = locate

    async def path_of(self, uri: str) -> str:
        """Raises DoesNotExist, InvalidParameter, and BadRequest for an address elsewhere."""
        scheme, _, rest = uri.partition(":")
        if scheme == "runs":
            run_id, path = _first_name(rest, uri)
            return join(await self.path_at(await self.uri_of_run(run_id)), safe_path(path))
        if scheme == "models":
            name, path = _first_name(rest, uri)
            if _LOGGED_MODEL.fullmatch(name):
                return join(await self.path_at(await self.uri_of_model(name)), safe_path(path))
            version = f"models:/{name}"
            if "@" not in name:
                number, _, path = path.partition("/")
                version = f"{version}/{number}"
            place = await self._uri_of_version(version)
            # Where a version's files are may be said by the run that made them.
            root = await (self.path_of if place.startswith("runs:") else self.path_at)(place)
            return join(root, safe_path(path))
        if location := parse_location(uri):
            return mounted(location[0], safe_path(unquote(location[1])))
        return await self.path_at(uri)

    async def path_at(self, uri: str) -> str:
        """The path of a run's or model's artifact URI. Raises InvalidParameter, BadRequest."""
        try:
            parts = urlsplit(uri)
        except ValueError:
            raise InvalidParameter(f"'{uri}' is no address.") from None
        if parts.scheme == "mlflow-artifacts":
            return safe_path(parts.path.lstrip("/"))
        if parts.scheme in PROXIED_SCHEMES:
            # A proxied root written out in full; like MLflow's server, take it for our own.
            _, proxy, path = parts.path.partition(_PROXY)
            if proxy:
                return safe_path(path)
        path_there = await self._locate(uri)
        if path_there is None:
            raise BadRequest(
                f"The artifacts are at '{uri}', outside of this server's artifact store: "
                "the client reads and writes them there itself."
            )
        return path_there


def _first_name(rest: str, uri: str) -> tuple[str, str]:
    """The id and the path in ``runs:/ID/path``, also with two or three slashes before the id."""
    name, _, path = unquote(rest).lstrip("/").partition("/")
    if not name or not rest.startswith("/"):
        raise InvalidParameter(
            f"'{uri}' names nothing: write runs:/ID/path, models:/m-ID/path or "
            "models:/NAME/VERSION/path."
        )
    return name, path
