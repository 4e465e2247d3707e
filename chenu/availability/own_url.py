"""Where the worker reaches this web process, if no setting says so."""

import socket
from urllib.parse import urlsplit

_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared with, never bound to
_POSTGRES_PORT = 5432


def find_own_url(listener: socket.socket, database_url: str) -> str:
    """Where it listens; for one that listens everywhere, by the IP address that the database sees,
    as the worker asks from the same network.
    """
    host, port = listener.getsockname()[:2]
    if host in _EVERYWHERE:
        host = _find_own_ip(database_url)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _find_own_ip(database_url: str) -> str:
    parts = urlsplit(database_url)
    host, port = parts.hostname or "127.0.0.1", parts.port or _POSTGRES_PORT
    try:
        family, kind, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.connect(place)  # sends nothing: it only chooses the way
            return str(probe.getsockname()[0])
    except OSError:
        return "127.0.0.1"
