"""`tenure doctor graph` against the simulated tenant: what it tells, exit codes, and that it only reads."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fakes.data_directory import machine
from fakes.graph_simulator import Fault, RunningSimulator, SimulatedTenant, running
from fakes.registration import (
    CLIENT,
    LONG_AGO,
    READING,
    certificate_file,
    certificate_pem,
)
from tenure_server.adapters.clock import SystemClock
from tenure_server.cli import main

LAPTOPS = "6e3c1d2f-4a55-4c7b-9d8e-0f1a2b3c4d5e"
HEADER = (
    "person_ext_id;given_name;family_name;email_city;body_ext_id;body_name_fi;body_type;seat_type;"
    "valid_from;valid_to;end_basis"
)
CLOSED = "https://127.0.0.1:9"


@dataclass(slots=True)
class Here:
    """A server's machine beside a simulated tenant."""

    folder: Path
    tenant: SimulatedTenant
    simulator: RunningSimulator

    def set(self, **changes: Any) -> None:
        """Write tenure.toml: what leads to the simulator, changed; None leaves a setting out."""
        values = {
            "graph_tenant": self.tenant.tenant_id,
            "graph_client_id": CLIENT,
            "graph_certificate": self.folder / "graph.pem",
            "graph_url": self.simulator.url,
            "graph_authority": self.simulator.authority,
            "graph_ca": self.simulator.ca_file,
            **changes,
        }
        lines = [f'{name} = "{value}"' for name, value in values.items() if value is not None]
        file = self.folder / "data" / "tenure.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def register(
        self, roles: Iterable[str], scoped: Iterable[str] = (), to: Iterable[str] = ("aino",)
    ) -> None:
        """Register the app with consents, and with grants of Exchange for some mailboxes."""
        certificate = certificate_pem()
        certificate_file(self.folder, certificate)
        mailboxes = [self.tenant.user(f"{name}@rantala.example").id for name in to]
        self.tenant.register_app(
            CLIENT, certificate=certificate, roles=roles, scoped_roles=dict.fromkeys(scoped, mailboxes)
        )

    def words(self, *words: str, language: str = "en") -> list[str]:
        return ["--language", language, "doctor", "graph", "--data", str(self.folder / "data"), *words]

    def run(self, *words: str, code: int = 0, language: str = "en") -> Result:
        arguments = self.words(*words, language=language)
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert result.exit_code == code, f"{words} {result.exit_code}\n{result.output}{result.stderr}"
        return result

    def checks(self, *words: str, code: int = 0) -> dict[str, str]:
        document = json.loads(self.run("--json", *words, code=code).stdout)
        assert document["fine"] is (code == 0)
        return {one["check"]: one["state"] for one in document["checks"]}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    tenant = SimulatedTenant()
    for name in ("aino", "boss"):
        tenant.add_user(f"{name}@rantala.example")
    with running(tenant, validate=False) as simulator:
        place = Here(tmp_path, tenant, simulator)
        place.set()
        yield place


TRIED = ("--trustee", "aino@rantala.example", "--other", "boss@rantala.example")


def test_the_least_that_is_needed_is_fine(here: Here) -> None:
    here.register(READING, scoped=["MailboxSettings.Read"])
    shown = here.run(*TRIED).stdout
    assert "Nothing is missing or too wide." in shown
    assert "Examined for: look at mailboxes" in shown
    assert here.tenant.apps[CLIENT].object_id in shown
    assert set(here.checks(*TRIED).values()) == {"ok"}


def test_it_only_reads_and_of_mailboxes_only_the_two(here: Here) -> None:
    here.register(READING, scoped=["MailboxSettings.Read"])
    here.run(*TRIED)
    asked = [(method, path) for method, path, _ in here.tenant.calls() if "oauth2" not in path]
    assert {method for method, _ in asked} == {"GET"}
    mailboxes = [path for _, path in asked if "mailFolders" in path]
    assert mailboxes == [
        f"/users/{name}@rantala.example/mailFolders/inbox/messageRules" for name in ("aino", "boss")
    ]


def test_the_document_for_scripts_says_who_what_why_and_what_to_do(here: Here) -> None:
    here.register(set(READING) - {"OrgContact.Read.All"})
    document = json.loads(here.run("--json", *TRIED, code=1).stdout)
    assert set(document) == {
        "at",
        "tenant",
        "tenant_id",
        "client_id",
        "service_principal_id",
        "features",
        "fine",
        "checks",
        "not_seen",
    }
    assert document["tenant_id"] == here.tenant.tenant_id
    assert document["client_id"] == CLIENT
    assert document["service_principal_id"] == here.tenant.apps[CLIENT].object_id
    assert document["features"] == ["look"]
    missing = {one["check"]: one for one in document["checks"]}["OrgContact.Read.All"]
    assert missing["state"] == "missing"
    assert missing["features"] == ["look"]
    assert missing["why"]
    assert "--script" in missing["to_do"]
    assert document["not_seen"]


def test_a_consent_that_opens_everybodys_mailbox_is_too_wide(here: Here) -> None:
    here.register([*READING, "MailboxSettings.Read"])
    assert here.checks(*TRIED, code=1)["MailboxSettings.Read"] == "too_wide"


def test_a_consent_beside_a_grant_for_some_mailboxes_is_too_wide_all_the_same(here: Here) -> None:
    here.register([*READING, "MailboxSettings.Read"], scoped=["MailboxSettings.Read"])
    assert here.checks(*TRIED, code=1)["MailboxSettings.Read"] == "too_wide"


def test_a_grant_for_too_many_mailboxes_is_too_wide(here: Here) -> None:
    here.register(READING, scoped=["MailboxSettings.Read"], to=("aino", "boss"))
    assert here.checks(*TRIED, code=1)["MailboxSettings.Read"] == "too_wide"


def test_no_grant_at_all_is_missing(here: Here) -> None:
    here.register(READING)
    assert here.checks(*TRIED, code=1)["MailboxSettings.Read"] == "missing"


@pytest.mark.parametrize("role", ["Mail.Read", "RoleManagement.ReadWrite.Directory", "User.ReadWrite.All"])
def test_what_nothing_needs_is_too_wide(here: Here, role: str) -> None:
    here.register([*READING, role], scoped=["MailboxSettings.Read"])
    found = here.checks(*TRIED, code=1)
    assert found[role] == "too_wide"
    assert found["User.Read.All"] == "ok"


def test_what_a_broader_permission_gives_is_too_wide_and_named(here: Here) -> None:
    here.register(["Directory.Read.All"], scoped=["MailboxSettings.Read"])
    shown = here.run(*TRIED, code=1).stdout
    assert "It works through Directory.Read.All, which allows more." in shown


def test_without_names_a_mailbox_is_taken_from_the_register_and_one_from_outside_it(tmp_path: Path) -> None:
    tenant = SimulatedTenant()
    tenant.add_user("nolicence@rantala.example", licensed=False)
    for name in ("aino", "boss"):
        tenant.add_user(f"{name}@rantala.example")
    town = machine(tmp_path)
    rows = [
        f"{number};A;B;{name}@rantala.example;kv;Valtuusto;council;ordinary;2025-06-01;2029-05-31;term"
        for number, name in enumerate(("nolicence", "Aino"))
    ]
    town.run("import", "--register", town.file("mandates.csv", "\n".join([HEADER, *rows, ""])))
    with running(tenant, validate=False) as simulator:
        here = Here(tmp_path, tenant, simulator)
        here.set()
        here.register(READING, scoped=["MailboxSettings.Read"])
        assert here.checks()["MailboxSettings.Read"] == "ok"
        tried = [path for _, path, _ in tenant.calls("GET", "mailFolders")]
        assert any("boss" in path or tenant.user("boss@rantala.example").id in path for path in tried)
        here.tenant.log.clear()
        assert here.checks("--skip-others")["MailboxSettings.Read"] == "cannot_tell"
        assert len(tenant.calls("GET", "mailFolders")) == 2


def test_without_a_register_nobodys_mailbox_is_opened_unasked(here: Here) -> None:
    here.register(READING, scoped=["MailboxSettings.Read"])
    assert here.checks()["MailboxSettings.Read"] == "cannot_tell"
    assert here.tenant.calls("GET", "mailFolders") == []


def test_a_feature_can_be_examined_before_it_is_switched_on(here: Here) -> None:
    here.register(READING, scoped=["MailboxSettings.ReadWrite"])
    found = here.checks("--feature", "fix", "--feature", "revoke", *TRIED, code=1)
    assert found["MailboxSettings.ReadWrite"] == "cannot_tell"
    assert found["User.RevokeSessions.All"] == "missing"


def test_settings_say_what_is_wanted(here: Here) -> None:
    here.register(READING)
    here.set(accounts="graph", mailbox_closing="user", graph_sender="boss@rantala.example")
    document = json.loads(here.run("--json", code=1).stdout)
    assert document["features"] == ["look", "block", "revoke", "users", "notices"]


def test_a_secret_is_told_of_each_time(here: Here, tmp_path: Path) -> None:
    here.register(READING, scoped=["MailboxSettings.Read"])
    here.tenant.apps[CLIENT].secrets["right"] = None
    (tmp_path / "secret").write_text("right")
    here.set(graph_certificate=None, graph_secret_file=tmp_path / "secret")
    found = here.checks(*TRIED)
    assert (found["credential"], found["sign_in"]) == ("note", "ok")


@pytest.mark.parametrize(("days", "state", "code"), [(20, "note", 0), (200, "ok", 0)])
def test_a_certificate_that_ends_soon_is_told_of(here: Here, days: int, state: str, code: int) -> None:
    here.register(READING, scoped=["MailboxSettings.Read"])
    certificate = certificate_pem(ends=SystemClock().now() + timedelta(days=days))
    certificate_file(here.folder, certificate)
    aino = here.tenant.user("aino@rantala.example").id
    scope = {"MailboxSettings.Read": [aino]}
    here.tenant.register_app(CLIENT, certificate=certificate, roles=READING, scoped_roles=scope)
    assert here.checks(*TRIED, code=code)["credential"] == state


def test_an_expired_certificate_is_wrong_and_everything_else_cannot_be_told(here: Here) -> None:
    here.register(READING)
    certificate_file(here.folder, certificate_pem(ends=LONG_AGO))
    found = here.checks(*TRIED, code=1)
    assert found.pop("credential") == "wrong"
    assert found.pop("sign_in") == "wrong"
    assert set(found.values()) == {"cannot_tell"}


def test_a_certificate_that_the_tenant_does_not_know_is_told_with_what_to_do(here: Here) -> None:
    here.register(READING)
    certificate_file(here.folder, certificate_pem(ends=SystemClock().now() + timedelta(days=99)))
    shown = here.run(*TRIED, code=1).stdout
    assert "AADSTS700027" in shown
    assert "upload" in shown


def test_a_file_without_a_key_is_told_and_never_a_traceback(here: Here) -> None:
    (here.folder / "graph.pem").write_text("nothing")
    assert here.checks(*TRIED, code=1)["credential"] == "wrong"


def test_another_tenant_and_another_registration_are_told(here: Here) -> None:
    here.register(READING)
    here.set(graph_tenant="00000000-0000-0000-0000-000000000000")
    assert "AADSTS90002" in here.run(*TRIED, code=1).stdout
    here.set(graph_client_id="00000000-0000-0000-0000-000000000000")
    assert "AADSTS700016" in here.run(*TRIED, code=1).stdout


@pytest.mark.parametrize(
    ("setting", "value", "check"),
    [("graph_authority", CLOSED, "sign_in"), ("graph_url", f"{CLOSED}/v1.0", "graph")],
)
def test_what_does_not_answer_is_told_and_nothing_is_called_ok_for_it(
    here: Here, setting: str, value: str, check: str
) -> None:
    here.register([*READING, "MailboxSettings.Read"])
    here.set(**{setting: value})
    found = here.checks(*TRIED, code=1)
    assert found[check] == "wrong"
    assert found["MailboxSettings.Read"] == "cannot_tell"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(path="/domains", times=9, raw=b'{"value": [{"id": "ranta'),
        Fault(path="/users", times=9, raw=b"<html>" + b"x" * 100_000),
        Fault(path="/groups", times=9, status=503),
        Fault(path="*/messageRules", times=9, cut=True),
        Fault(path="/contacts", times=9, raw=b'{"value": 7}'),
        Fault(path="/domains", times=9, raw=b'{"value": [1, null, {"id": 5}]}'),
    ],
    ids=["truncated", "a page", "unavailable", "cut off", "no list", "odd values"],
)
def test_rubbish_from_the_tenant_is_told_or_passed_over_and_never_a_traceback(
    here: Here, fault: Fault
) -> None:
    here.register(READING, scoped=["MailboxSettings.Read"])
    here.tenant.quirks.add(fault)
    document = json.loads(CliRunner().invoke(main, here.words("--json", *TRIED)).stdout)
    found = {one["check"]: one["state"] for one in document["checks"]}
    assert found["sign_in"] == "ok"
    assert document["fine"] is ("graph" not in found)


def test_a_managed_identity_has_no_key_to_keep(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    here.tenant.register_managed_identity(CLIENT, roles=READING)
    for name, value in here.simulator.identity_environment.items():
        monkeypatch.setenv(name, value)
    here.set(graph_client_id=None, graph_certificate=None, graph_managed_identity="system")
    found = here.checks("--trustee", "aino@rantala.example", code=1)
    assert (found["credential"], found["sign_in"], found["User.Read.All"]) == ("ok", "ok", "ok")


def test_the_registration_for_laptops_is_looked_at(here: Here) -> None:
    here.register(READING, scoped=["MailboxSettings.Read"])
    here.set(graph_laptop_client_id=LAPTOPS)
    assert here.checks(*TRIED, code=1)["laptops"] == "wrong"
    here.tenant.register_app(LAPTOPS)
    assert here.checks(*TRIED, code=1)["laptops"] == "wrong"
    here.tenant.register_public_client(LAPTOPS)
    assert here.checks(*TRIED)["laptops"] == "cannot_tell"
    here.set(mail_fixer="laptop")
    assert here.checks(code=1) == {
        "credential": "ok",
        "sign_in": "ok",
        "tenant": "ok",
        "clock": "ok",
        "laptops": "missing",
        **dict.fromkeys(READING, "note"),
    }


def test_sending_is_not_tried_and_a_consent_to_send_as_anybody_is_not_called_ok(here: Here) -> None:
    here.register(["Mail.Send"])
    here.set(mail_fixer="laptop", graph_laptop_client_id=LAPTOPS, graph_sender="boss@rantala.example")
    here.tenant.register_public_client(LAPTOPS)
    assert here.checks()["Mail.Send"] == "cannot_tell"
    assert here.tenant.sent == []


@pytest.mark.parametrize("shell", ["powershell", "az"])
def test_a_script_is_printed_and_the_tenant_is_asked_nothing(here: Here, shell: str) -> None:
    shown = here.run("--script", shell, "--feature", "fix", "--group", "trustees@rantala.example").stdout
    assert CLIENT in shown
    assert "Application MailboxSettings.ReadWrite" in shown
    assert here.tenant.calls() == []


def test_a_script_for_a_managed_identity_wants_its_id(here: Here) -> None:
    here.set(graph_client_id=None, graph_certificate=None, graph_managed_identity="system")
    assert "--client-id" in here.run("--script", "az", code=2).stderr
    assert CLIENT in here.run("--script", "az", "--client-id", CLIENT).stdout


@pytest.mark.parametrize(
    "words",
    [
        ("--script", "az", "--json"),
        ("--group", "x"),
        ("--feature", "everything"),
        ("--script", "az", "--group", "a\nb"),
        ("--script", "az", "--attribute", "x"),
        ("--script", "powershell", "--feature", "notices"),
    ],
)
def test_wrong_use_is_refused(here: Here, words: tuple[str, ...]) -> None:
    here.run(*words, code=2)


def test_without_a_tenant_or_a_key_it_says_what_to_set(here: Here) -> None:
    here.set(graph_tenant=None, graph_client_id=None)
    assert "graph_tenant" in here.run(code=2).stderr
    here.set(graph_client_id=None, graph_certificate=None)
    assert "graph_client_id" in here.run(code=2).stderr


def test_it_makes_no_database_where_there_is_none(here: Here) -> None:
    here.register(READING)
    here.run(*TRIED, code=1)
    assert [file.name for file in (here.folder / "data").iterdir()] == ["tenure.toml"]


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_json_is_english_in_every_language_and_the_table_is_told(here: Here, language: str) -> None:
    here.register(READING, scoped=["MailboxSettings.Read"])
    assert here.run(*TRIED, language=language).stdout.count("Domain.Read.All") == 1
    document = json.loads(here.run("--json", *TRIED, language=language).stdout)
    assert document["checks"][1]["why"] == "The tenant lets the server in."
