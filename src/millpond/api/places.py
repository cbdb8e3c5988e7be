"""From what users call a place of files to its path in the workspace's store.

MLflow's own addresses (``runs:/``, ``models:/``, ``mlflow-artifacts:/``), ``datastore://NAME/path``,
and an address of a folder or bucket that is, or lies in, a datastore. The server opens no other
address that a client has written into a run.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

from millpond.artifacts.paths import join, safe_path
from millpond.domain.datastores import mounted, parse_location
from millpond.errors import BadRequest, InvalidParameter, NotSupported

Lookup = Callable[[str], Awaitable[str]]
Locate = Callable[[str], Awaitable[str | None]]

PROXIED_SCHEMES = {"mlflow-artifacts", "http", "https"}
_PROXY = "/api/2.0/mlflow-artifacts/artifacts/"
_MODEL_ID = "m-"


class Places:
    """Finds the files of runs, models and addresses.

    lookup_run, lookup_model: from an id to the artifact URI; they raise DoesNotExist.
    locate: the path of a folder's or bucket's address in any datastore, None if it is in none.
    """

    def __init__(self, lookup_run: Lookup, lookup_model: Lookup, locate: Locate) -> None:
        self.uri_of_run = lookup_run
        self.uri_of_model = lookup_model
        self._locate = locate

    async def path_of(self, uri: str) -> str:
        """Raises DoesNotExist, InvalidParameter, and BadRequest for an address elsewhere."""
        scheme, _, rest = uri.partition(":")
        if scheme == "runs":
            run_id, path = _first_name(rest, uri)
            return join(await self.path_at(await self.uri_of_run(run_id)), safe_path(path))
        if scheme == "models":
            name, path = _first_name(rest, uri)
            if not name.startswith(_MODEL_ID):
                raise NotSupported(
                    f"'{uri}' names a registered model, and this server has no registry yet. Name "
                    "the logged model by its id: models:/m-..."
                )
            return join(await self.path_at(await self.uri_of_model(name)), safe_path(path))
        if place := parse_location(uri):
            return mounted(place[0], safe_path(unquote(place[1])))
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
        raise InvalidParameter(f"'{uri}' names nothing: write runs:/ID/path or models:/m-ID/path.")
    return name, path
