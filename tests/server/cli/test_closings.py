"""`tenure closings` on the server's machine, wired to the simulated tenant: from the end to the closing."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from fakes.data_directory import Machine
from fakes.graph_simulator import RunningSimulator, running
from fakes.keys import City, city_with_signer
from fakes.tenant_accounts import CLIENT_ID, SECRET, SENDER, city_address, tenant_with
from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.data_directory import DataDirectory
from tenure_server.adapters.database.engine import open_database
from tenure_server.adapters.graph.accounts import GraphAccounts
from tenure_server.adapters.graph.post import GraphPost
from tenure_server.adapters.keys import private_pem, write_new_file
from tenure_server.cli import main
from tenure_server.domain.ids import MunicipalityId
from tenure_server.settings import Settings, read_settings
from tenure_server.usecases.first_start import first_start
from tenure_server.usecases.follow_timeline import follow_timeline
from tenure_server.usecases.publish_keys import publish_keys
from tenure_server.wiring import open_installation

HEADER = (
    "person_ext_id;given_name;family_name;email_city;body_ext_id;body_name_fi;body_type;seat_type;"
    "valid_from;valid_to;end_basis"
)


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with running(tenant_with("aino")) as started:
        yield started


@pytest.fixture
def keys() -> City:
    return city_with_signer()


@pytest.fixture
def here(tmp_path: Path, simulator: RunningSimulator, keys: City) -> Machine:
    """An installation with approvers, whose accounts are in the tenant; one mandate ended 45 days ago."""
    secret = tmp_path / "graph-secret"
    secret.touch(mode=0o600)
    secret.write_text(SECRET, encoding="utf-8")
    values = {
        "municipality": keys.municipality, "accounts": "graph", "graph_tenant": simulator.tenant_id,
        "graph_client_id": CLIENT_ID, "graph_secret_file": secret, "graph_url": simulator.url,
        "graph_authority": simulator.authority, "graph_ca": simulator.ca_file, "graph_sender": SENDER,
    }  # fmt: skip
    files = DataDirectory(path=tmp_path / "data")
    files.prepare()
    lines = [f'{name} = "{value}"' for name, value in values.items()]
    (tmp_path / "data" / "tenure.toml").write_text("\n".join(lines), encoding="utf-8")
    asyncio.run(_start(files, keys, settings_of(tmp_path)))
    for name, key in zip(("mayor", "clerk"), keys.approvers, strict=False):
        write_new_file(tmp_path / f"{name}.pem", private_pem(key, None))
    started = Machine(tmp_path)
    end = (datetime.now(UTC) - timedelta(days=45)).date().isoformat()
    row = f"aino;Aino;Esimerkki;{city_address('aino')};kv;Valtuusto;council;ordinary;2025-06-01;{end};term"
    started.run("import", "--register", started.file("mandates.csv", f"{HEADER}\n{row}\n"))
    return started


def settings_of(folder: Path) -> Settings:
    return read_settings({"data_directory": str(folder / "data")}, {})


async def _start(files: DataDirectory, keys: City, settings: Settings) -> None:
    files.keep(keys.directive, b"root")
    database = open_database(settings.database_url)
    try:
        await database.upgrade()
        store, clock = database.store(MunicipalityId(keys.municipality)), SystemClock()
        await first_start(
            store, clock, municipality=MunicipalityId(keys.municipality), name="Kuntala", policy="term_end",
            keys=keys.documents[0],
        )  # fmt: skip
        for document in keys.documents[1:]:
            await publish_keys(store, clock, document)
    finally:
        await database.close()


def follow(here: Machine) -> None:
    async def once() -> None:
        async with open_installation(settings_of(here.folder)) as installation:
            assert isinstance(installation.following.directory, GraphAccounts)
            assert isinstance(installation.following.post, GraphPost)
            await follow_timeline(installation.following)

    asyncio.run(once())


def sign(here: Machine, name: str) -> tuple[str, str]:
    """Return one approver's statement, and both's."""
    one, both = str(here.folder / "one.json"), str(here.folder / "both.json")
    shell = CliRunner()
    for words in (
        ["--key", str(here.folder / "mayor.pem"), "--out", one],
        ["--key", str(here.folder / "clerk.pem"), "--add-to", one, "--out", both],
    ):
        result = shell.invoke(main, ["approve", "resume", name, *words], catch_exceptions=False)
        assert result.exit_code == 0, result.output
    return one, both


def test_a_mailbox_is_listed_signed_for_and_closed(here: Machine, simulator: RunningSimulator) -> None:
    follow(here)
    aino = simulator.tenant.user(city_address("aino"))
    assert not aino.account_enabled
    assert aino.licences
    document = json.loads(here.run("closings list", "--json").stdout)
    assert [(one["person"], one["state"]) for one in document["closings"]] == [("aino", "waits_for_approval")]
    (offered,) = document["to_sign"]
    assert offered["closings"][0]["domain"] == "kuntala.example"
    assert city_address("aino") not in json.dumps(document)
    told = here.run("closings list").stdout
    assert "waits for two approvers" in told
    assert f"tenure approve resume {offered['name']}" in told

    one, both = sign(here, offered["name"])
    assert "Two approvers must sign" in here.run("closings approve", "--statement", one, code=1).stderr
    told = here.run("closings approve", "--statement", both).stdout
    assert "1 mailboxes" in told
    assert "not to be signed" in here.run("closings approve", "--statement", both, code=1).stderr

    follow(here)
    assert simulator.tenant.user(city_address("aino")).licences == {}
    assert "closed" in here.run("closings list").stdout
    assert here.run("tasks list").stdout == "Nobody has anything to do.\n"


def test_an_approval_is_told_as_json(here: Machine) -> None:
    follow(here)
    (offered,) = json.loads(here.run("closings list", "--json").stdout)["to_sign"]
    _, both = sign(here, offered["name"])
    told = json.loads(here.run("closings approve", "--statement", both, "--json").stdout)
    assert (told["name"], told["count"], told["void"]) == (offered["name"], 1, 0)


def test_where_nothing_waits_it_says_so(here: Machine) -> None:
    here.run("hold set", "--person", "aino", "--kind", "litigation", "--reference", "1")
    follow(here)
    assert "something stands in the way (the release of a hold)" in here.run("closings list").stdout
    assert json.loads(here.run("closings list", "--json").stdout)["to_sign"] == []


def test_a_file_that_is_no_statement_is_wrong_use(here: Machine) -> None:
    junk = here.file("junk.json", "{}")
    assert here.run("closings approve", "--statement", junk, code=2).stderr
