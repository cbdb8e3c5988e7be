"""Where artifacts are, as experiments say it: an address, or a path of this machine."""

from pathlib import Path
from urllib.parse import urlsplit


def absolute_location(location: str) -> str:
    """The location, with a relative path resolved against the server's working folder.

    MLflow's server does so too: the path would mean another folder to every client.
    """
    try:
        is_path = location != "" and not urlsplit(location).scheme
    except ValueError:
        return location
    if not is_path or Path(location).is_absolute() or "\x00" in location:
        return location
    return str(Path.cwd() / location)
