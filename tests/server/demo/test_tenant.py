"""The invented city's tenant has an account for every trustee, and forwards of every kind that matters."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tenure_server.adapters.graph.credentials import Certificate, read_credential
from tenure_server.demo import city, tenant
from tenure_server.demo.graph_simulator.running import SimulatorServer
from tenure_server.demo.graph_simulator.state import SimulatedTenant
from tenure_server.demo.premises import Premises
from tenure_server.demo.tenant import CLIENT, CityTenant, invented_tenant
from tenure_server.demo.town import settings_for


@pytest.fixture
def invented() -> SimulatedTenant:
    return invented_tenant()


@pytest.fixture
def theirs(invented: SimulatedTenant) -> Iterator[CityTenant]:
    with SimulatorServer(invented) as running:
        yield CityTenant(running=running)


def test_everybody_of_the_register_has_an_account_with_the_registers_address(invented: SimulatedTenant):
    for citizen in city.EVERYBODY:
        account = invented.user(city.address(citizen))
        assert account.mail == city.address(citizen)
        assert account.display_name == f"{city.person(citizen).given} {city.person(citizen).family}"
    assert city.address(0) in city.mandates_csv()


def test_whoever_forwards_is_a_trustee_and_no_employee():
    citizens = {tenant.FORWARDS_HOME, tenant.FORWARDS_TO_COLLEAGUE, tenant.HIDES_A_RULE}
    citizens |= {tenant.FORWARDS_TO_PARTNER, tenant.SWITCHED_OFF}
    assert len(citizens) == 5
    assert citizens <= set(city.COUNCILLORS) - city.EMPLOYEES


def test_the_rules_are_on_but_for_the_one_that_is_off(theirs: CityTenant):
    assert theirs.forwards(tenant.FORWARDS_HOME)
    assert theirs.forwards(tenant.FORWARDS_TO_COLLEAGUE)
    assert theirs.forwards(tenant.FORWARDS_TO_PARTNER)
    assert not theirs.forwards(tenant.SWITCHED_OFF)
    assert theirs.rules(tenant.SWITCHED_OFF) == 1
    assert theirs.rules(0) == 0


def test_the_server_is_registered_with_the_least_that_does_and_its_key_is_its_owners_only(
    theirs: CityTenant, tmp_path: Path
):
    premises = Premises(root=tmp_path / "city")
    premises.prepare()
    theirs.register(premises.registration)

    roles = theirs.running.tenant.apps[CLIENT].roles
    assert {"MailboxSettings.ReadWrite", "Mail.Send"} <= roles
    assert not {role for role in roles if role.startswith(("Directory.", "Mail.Read", "User.ReadWrite"))}
    assert premises.registration.stat().st_mode & 0o777 == 0o600
    settings = settings_for(premises, 8420, theirs.running)
    assert isinstance(read_credential(settings), Certificate)
    assert settings.has_graph
    assert settings.graph_url.startswith("https://127.0.0.1:")
