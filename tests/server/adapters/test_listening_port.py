"""A port that somebody else has is refused before anything starts."""

import socket

import pytest

from tenure_server.adapters.listening_port import check_port
from tenure_server.domain.errors import RefusedError


def test_a_port_that_is_taken_is_refused_with_its_number() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(RefusedError, match=f"Port {port} cannot be used"):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(RefusedError, match="cannot be used"):
        check_port("192.0.2.1", 8420)
