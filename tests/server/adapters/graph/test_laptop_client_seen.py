import pytest

from fakes.graph_simulator import Fault, SimulatedTenant, running
from fakes.registration import settings_for
from tenure_server.adapters.graph.laptop_client_seen import laptop_client
from tenure_server.domain.graph_connection import LaptopClient

PUBLIC = "6e3c1d2f-4a55-4c7b-9d8e-0f1a2b3c4d5e"


@pytest.mark.parametrize(
    ("registered", "expected"),
    [
        ("public", LaptopClient.READY),
        ("confidential", LaptopClient.CONFIDENTIAL),
        ("nowhere", LaptopClient.UNKNOWN),
    ],
)
async def test_the_tenant_says_what_it_thinks_of_the_registration(registered: str, expected) -> None:
    tenant = SimulatedTenant()
    if registered == "public":
        tenant.register_public_client(PUBLIC)
    elif registered == "confidential":
        tenant.register_app(PUBLIC, secret="x")
    async with running(tenant, validate=False) as simulator:
        assert await laptop_client(settings_for(simulator, graph_laptop_client_id=PUBLIC)) is expected


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b'{"device_code": 7}', b'{"error_codes": "x"}'])
async def test_an_answer_that_means_nothing_is_not_taken_for_a_word(raw: bytes) -> None:
    tenant = SimulatedTenant()
    tenant.register_public_client(PUBLIC)
    tenant.quirks.add(Fault(path="*/devicecode", raw=raw))
    async with running(tenant, validate=False) as simulator:
        assert (
            await laptop_client(settings_for(simulator, graph_laptop_client_id=PUBLIC)) is LaptopClient.UNSEEN
        )


async def test_nobody_who_answers_is_not_seen() -> None:
    async with running(SimulatedTenant(), validate=False) as simulator:
        settings = settings_for(
            simulator, graph_laptop_client_id=PUBLIC, graph_authority="https://127.0.0.1:9"
        )
        assert await laptop_client(settings) is LaptopClient.UNSEEN
