"""What the factory makes of the settings; nothing is sent before something is asked."""

import logging
from pathlib import Path

import pytest

from fakes.graph_simulator import SimulatedTenant, running
from fakes.registration import certificate_file, certificate_pem, registered, settings_for
from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.graph import graph_client
from tenure_server.adapters.graph.errors import GraphUnavailableError
from tenure_server.domain.errors import InputError
from tenure_server.settings import Settings


def settings(**facts: Path) -> Settings:
    return Settings(graph_tenant="rantala.example", graph_client_id="c", **facts)  # type: ignore[arg-type]


def test_a_file_that_cannot_be_used_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        graph_client(settings(graph_certificate=tmp_path / "none"), SystemClock())


@pytest.mark.parametrize("content", [None, b"", b"rubbish"])
def test_an_authority_file_that_cannot_be_used_is_told_at_the_start(
    tmp_path: Path, content: bytes | None
) -> None:
    authority = tmp_path / "ca.pem"
    if content is not None:
        authority.write_bytes(content)
    certificate = certificate_file(tmp_path, certificate_pem())
    with pytest.raises(InputError, match="authority"):
        graph_client(settings(graph_certificate=certificate, graph_ca=authority), SystemClock())


async def test_nothing_is_sent_by_opening_and_closing(tmp_path: Path) -> None:
    tenant = SimulatedTenant()
    async with running(tenant) as simulator:
        certificate = registered(tenant, tmp_path)
        await graph_client(settings_for(simulator, graph_certificate=certificate), SystemClock()).close()
    assert not tenant.log


async def test_calls_leave_no_addresses_and_no_tokens_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tenant = SimulatedTenant()
    tenant.add_user("aino@rantala.example")
    async with running(tenant) as simulator:
        certificate = registered(tenant, tmp_path)
        client = graph_client(settings_for(simulator, graph_certificate=certificate), SystemClock())
        found = await client.get("/users/aino@rantala.example")
        token = await client.token()
        await client.close()
    assert found["userPrincipalName"] == "aino@rantala.example"
    assert "aino" not in caplog.text
    assert token not in caplog.text


@pytest.mark.parametrize("content", [None, b"", b"half a certifi"])
async def test_a_file_that_is_not_whole_while_it_is_renewed_is_passing(
    tmp_path: Path, content: bytes | None
) -> None:
    """A sweep must not die of it: notices would wait, or count as sent."""
    tenant = SimulatedTenant()
    async with running(tenant) as simulator:
        certificate = registered(tenant, tmp_path)
        whole = certificate.read_bytes()
        client = graph_client(settings_for(simulator, graph_certificate=certificate), SystemClock())
        certificate.unlink()
        if content is not None:
            certificate.write_bytes(content)
        with pytest.raises(GraphUnavailableError, match=certificate.name):
            await client.get("/organization")
        certificate.write_bytes(whole)
        await client.token()
        await client.close()
