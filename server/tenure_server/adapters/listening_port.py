"""Whether we can listen where we mean to, asked before anything else is done or said."""

import socket

from tenure_server.domain.errors import RefusedError
from tenure_server.domain.message import N_, say


def check_port(host: str, port: int) -> None:
    """Make sure that nobody else would answer in our place.

    Raises:
        RefusedError: Somebody listens there, or the address is not ours.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise RefusedError(
            say(
                N_("Port {port} cannot be used ({why}): choose another with --port."),
                port=port,
                why=error.strerror,
            )
        ) from error
