"""msal itself against the simulated authority, and what is done with its answers."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from fakes.graph_simulator import RunningSimulator, SimulatedTenant, running
from fakes.registration import (
    CLIENT,
    FIXING,
    LONG_AGO,
    certificate_file,
    certificate_pem,
    registered,
    settings_for,
)
from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.graph import graph_client
from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.errors import GraphUnavailableError, SignInRefusedError
from tenure_server.adapters.graph.sign_in import Application, MsalSignIn
from tenure_server.settings import Settings

Opener = Callable[[Settings], GraphClient]


@pytest.fixture
async def tenant() -> SimulatedTenant:
    return SimulatedTenant()


@pytest.fixture
async def simulator(tenant: SimulatedTenant) -> AsyncIterator[RunningSimulator]:
    async with running(tenant) as one:
        yield one


async def domains(settings: Settings) -> list[str]:
    client = graph_client(settings, SystemClock())
    try:
        return [one["id"] for one in (await client.get("/domains"))["value"]]
    finally:
        await client.close()


@pytest.fixture
async def opened() -> AsyncIterator[Opener]:
    """Open clients that are closed at the end, whatever becomes of the test."""
    clients: list[GraphClient] = []

    def open_one(settings: Settings) -> GraphClient:
        clients.append(graph_client(settings, SystemClock()))
        return clients[-1]

    yield open_one
    for client in clients:
        await client.close()


def tokens(tenant: SimulatedTenant) -> int:
    return len(tenant.calls("POST", "/oauth2/v2.0/token"))


async def test_a_certificate_signs_in_and_one_token_does_for_many_calls(
    tenant: SimulatedTenant, simulator: RunningSimulator, tmp_path: Path, opened: Opener
) -> None:
    settings = settings_for(simulator, graph_certificate=registered(tenant, tmp_path))
    client = opened(settings)
    await asyncio.gather(*(client.get("/domains") for _ in range(8)))
    assert tokens(tenant) == 1


async def test_a_secret_signs_in(
    tenant: SimulatedTenant, simulator: RunningSimulator, tmp_path: Path
) -> None:
    tenant.register_app(CLIENT, secret="right", roles=FIXING)
    file = tmp_path / "secret"
    file.write_text("right\n")
    assert await domains(settings_for(simulator, graph_secret_file=file)) == ["rantala.example"]


@pytest.mark.parametrize("which", ["system", "b1d4c7a0-1111-4222-8333-944445555666"])
async def test_a_managed_identity_signs_in(
    which: str, tenant: SimulatedTenant, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant.register_managed_identity("" if which == "system" else which, roles=FIXING)
    for name, value in simulator.identity_environment.items():
        monkeypatch.setenv(name, value)
    settings = settings_for(simulator, graph_client_id="", graph_managed_identity=which)
    assert await domains(settings) == ["rantala.example"]


async def test_a_wrong_secret_says_what_to_do_and_never_the_secret(
    tenant: SimulatedTenant, simulator: RunningSimulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tenant.register_app(CLIENT, secret="right", roles=FIXING)
    file = tmp_path / "secret"
    file.write_text("wr0ng-s3cret")
    with pytest.raises(SignInRefusedError, match="make a new one") as caught:
        await domains(settings_for(simulator, graph_secret_file=file))
    assert caught.value.code == "AADSTS7000215"
    assert "wr0ng" not in caplog.text + str(caught.value)


async def test_a_corrected_secret_is_used_without_a_restart(
    tenant: SimulatedTenant, simulator: RunningSimulator, tmp_path: Path, opened: Opener
) -> None:
    tenant.register_app(CLIENT, secret="right", roles=FIXING)
    file = tmp_path / "secret"
    file.write_text("wrong")
    client = opened(settings_for(simulator, graph_secret_file=file))
    for _ in range(2):
        with pytest.raises(SignInRefusedError):
            await client.get("/domains")
    assert tokens(tenant) == 2, "msal's memory of the error is not asked"
    file.write_text("right")
    assert (await client.get("/domains"))["value"]


async def test_an_expired_certificate_is_told_before_the_tenant_is_asked(
    tenant: SimulatedTenant, simulator: RunningSimulator, tmp_path: Path
) -> None:
    file = certificate_file(tmp_path, certificate_pem(ends=LONG_AGO))
    with pytest.raises(SignInRefusedError, match="ended on 2021-01-01"):
        await domains(settings_for(simulator, graph_certificate=file))
    assert not tenant.log


async def test_an_unregistered_certificate_is_told(
    tenant: SimulatedTenant, simulator: RunningSimulator, tmp_path: Path
) -> None:
    registered(tenant, tmp_path)
    file = certificate_file(tmp_path, certificate_pem())
    with pytest.raises(SignInRefusedError, match="upload") as caught:
        await domains(settings_for(simulator, graph_certificate=file))
    assert caught.value.code == "AADSTS700027"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"graph_tenant": "nobody.example"}, "AADSTS90002"),
        ({"graph_client_id": "00000000-0000-4000-8000-000000000000"}, "AADSTS700016"),
    ],
)
async def test_a_wrong_tenant_and_a_wrong_registration_are_told_apart(
    facts: dict[str, Any], code: str, tenant: SimulatedTenant, simulator: RunningSimulator, tmp_path: Path
) -> None:
    settings = settings_for(simulator, graph_certificate=registered(tenant, tmp_path), **facts)
    with pytest.raises(SignInRefusedError) as caught:
        await domains(settings)
    assert caught.value.code == code


async def test_an_authority_that_nobody_vouches_for_is_unreachable(
    tenant: SimulatedTenant, simulator: RunningSimulator, tmp_path: Path
) -> None:
    settings = settings_for(simulator, graph_certificate=registered(tenant, tmp_path), graph_ca=None)
    with pytest.raises(GraphUnavailableError, match="graph_ca"):
        await domains(settings)
    assert not tenant.log


async def test_an_authority_that_is_not_there_is_unreachable(
    tenant: SimulatedTenant, simulator: RunningSimulator, tmp_path: Path
) -> None:
    file = registered(tenant, tmp_path)
    settings = settings_for(simulator, graph_certificate=file, graph_authority="https://127.0.0.1:1")
    with pytest.raises(GraphUnavailableError, match="cannot be reached"):
        await domains(settings)


@pytest.mark.parametrize("raw", [b"<html>hotel</html>", b"{}", b"[]", b'{"access_token": 7}'])
async def test_a_garbled_answer_of_sign_in_is_no_token_and_passes(
    raw: bytes, tenant: SimulatedTenant, simulator: RunningSimulator, tmp_path: Path, opened: Opener
) -> None:
    client = opened(settings_for(simulator, graph_certificate=registered(tenant, tmp_path)))
    tenant.quirks.garble_next(raw=raw, path="*/oauth2/v2.0/token")
    with pytest.raises(GraphUnavailableError):
        await client.get("/domains")
    tenant.quirks.garble_next(raw=raw, path="*/openid-configuration")
    with pytest.raises(GraphUnavailableError):
        await client.get("/domains")
    assert (await client.get("/domains"))["value"]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_sign_in_that_is_busy_is_asked_again_later(
    status: int, tenant: SimulatedTenant, simulator: RunningSimulator, tmp_path: Path, opened: Opener
) -> None:
    client = opened(settings_for(simulator, graph_certificate=registered(tenant, tmp_path)))
    tenant.quirks.fail_next(status=status, code="temporarily_unavailable", path="*/oauth2/v2.0/token")
    with pytest.raises(GraphUnavailableError):
        await client.get("/domains")
    assert (await client.get("/domains"))["value"]


async def test_a_revoked_token_is_replaced_by_one_with_the_claims_that_were_asked_for(
    tenant: SimulatedTenant, simulator: RunningSimulator, tmp_path: Path, opened: Opener
) -> None:
    client = opened(settings_for(simulator, graph_certificate=registered(tenant, tmp_path)))
    await client.get("/domains")
    tenant.revoke_tokens(CLIENT)
    assert (await client.get("/domains"))["value"]
    assert tokens(tenant) == 2


class Answers:
    """msal's application with answers in turn."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self.answers = list(answers)
        self.built = 0
        self.claims: list[str | None] = []

    def __call__(self) -> Application:
        self.built += 1
        return self

    def acquire(self, claims: str | None) -> dict[str, Any]:
        self.claims.append(claims)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def signing_in(answers: Answers) -> MsalSignIn:
    return MsalSignIn(answers, httpx2.Client())


def token(name: str, **facts: Any) -> dict[str, Any]:
    return {"access_token": name, "expires_in": 3599, **facts}


async def test_many_who_want_a_token_at_once_have_one_fetched() -> None:
    answers = Answers(token("a"))
    sign_in = signing_in(answers)
    assert set(await asyncio.gather(*(sign_in.token() for _ in range(50)))) == {"a"}
    assert len(answers.claims) == 1


async def test_many_whose_token_is_refused_at_once_have_one_fetched() -> None:
    answers = Answers(token("a"), token("b"))
    sign_in = signing_in(answers)
    old = await sign_in.token()
    found = await asyncio.gather(*(sign_in.token(claims="{}", instead_of=old) for _ in range(50)))
    assert (set(found), answers.claims) == ({"b"}, [None, "{}"])


async def test_a_token_refused_without_claims_is_not_given_again_from_msals_memory() -> None:
    answers = Answers(token("a"), token("b"))
    sign_in = signing_in(answers)
    await sign_in.token(instead_of=await sign_in.token())
    assert answers.built == 2


async def test_a_token_that_ages_is_kept_while_another_cannot_be_had() -> None:
    answers = Answers(token("a", refresh_in=0), httpx2.ConnectError("no"))
    sign_in = signing_in(answers)
    await sign_in.token()
    held = sign_in._held
    assert held is not None
    sign_in._held = type(held)(token=held.token, old_at=0, ends_at=held.ends_at)
    assert await sign_in.token() == "a"
    with pytest.raises(GraphUnavailableError):
        await sign_in.token(instead_of="a")
