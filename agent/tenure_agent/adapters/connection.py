"""How a visit reaches the server: HTTPS, or plain HTTP to this machine itself and nowhere else."""

import http.client
from urllib.parse import SplitResult, urlsplit

from tenure_agent.adapters.tls import tls_context

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def split_server(server: str) -> SplitResult:
    """Take a server's address apart.

    Raises:
        ValueError: it is neither https nor http to this machine.
    """
    address = urlsplit(server)
    host = address.hostname or ""
    port_is_right = address.port is None or address.port > 0
    if not host or not port_is_right or address.query or address.fragment or address.username:
        raise ValueError(f"{server[:200]!r} is not a server's address, such as https://tenure.example.fi")
    if address.scheme == "https" or (address.scheme == "http" and host in LOOPBACK):
        return address
    raise ValueError(f"{server[:200]!r} must begin with https:// (http:// only to this machine itself)")


def connect(server: str, ca_file: str | None, timeout_seconds: float) -> http.client.HTTPConnection:
    """Prepare a connection; nothing is sent before the first request.

    Raises:
        ValueError: the address is not one that the agent speaks to.
        OSError: the certificate authority's file cannot be read.
    """
    address = split_server(server)
    host = address.hostname or ""
    if address.scheme == "http":
        return http.client.HTTPConnection(host, address.port, timeout=timeout_seconds)
    context = tls_context(ca_file)
    return http.client.HTTPSConnection(host, address.port, timeout=timeout_seconds, context=context)


def full_path(server: str, path: str) -> str:
    """Return the path of a request, below whatever path the server's address has."""
    return split_server(server).path.rstrip("/") + path
