"""`tenure mail check`, `status`, `fixing`, `allow`, `disallow` and `allowed`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.data_directory import REGISTER_HEADER, Machine, machine
from fakes.graph_simulator import SimulatedTenant, running
from fakes.registration import CLIENT, registered
from fakes.tenant import CITY, forward
from fakes.tenant_stages import simulated

DECIDED = ("--decision", "§ 12")


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    started = machine(tmp_path)
    rows = [
        f"{person};{person.title()};Esimerkki;kv;Valtuusto;council;ordinary;2025-06-01;2999-05-31;term;;{mail}"
        for person, mail in (("aino", f"aino@{CITY}"), ("bert", f"bert@{CITY}"))
    ]
    file = started.file("mandates.csv", "\n".join([f"{REGISTER_HEADER};email_city", *rows, ""]))
    started.run("import", "--register", file)
    return started


@pytest.fixture
def tenant(here: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedTenant]:
    made = simulated()
    with running(made) as simulator:
        certificate = registered(made, here.folder)
        for name, value in {
            "GRAPH_TENANT": simulator.tenant_id,
            "GRAPH_CLIENT_ID": CLIENT,
            "GRAPH_URL": simulator.url,
            "GRAPH_AUTHORITY": simulator.authority,
            "GRAPH_CA": simulator.ca_file,
            "GRAPH_CERTIFICATE": certificate,
        }.items():
            monkeypatch.setenv(f"TENURE_{name}", str(value))
        yield made


def said(here: Machine, *words: str, code: int = 0) -> Any:
    return json.loads(here.run(*words, "--json", code=code).stdout)


def test_a_check_reports_and_once_switched_on_fixes(here: Machine, tenant: SimulatedTenant) -> None:
    aino = tenant.add_user(f"aino@{CITY}", id="id-aino")
    tenant.add_rule(aino, forward("r1", "aino@gmail.com"))
    tenant.add_user(f"bert@{CITY}", id="id-bert")

    reported = said(here, "mail check", code=1)
    assert reported["check"]["looked_at"] == 2
    assert [(one["person_ext_id"], one["verdict"]) for one in reported["mailboxes"]] == [
        ("aino", "violation"),
        ("bert", "ok"),
    ]
    (finding,) = reported["mailboxes"][0]["findings"]
    assert (finding["rule_id"], finding["target_domain"]) == ("r1", "gmail.com")
    assert not reported["fixing"]["on"]

    here.run("mail fixing on", *DECIDED)
    text = here.run("mail check").stdout
    assert "forwards switched off: 1" in text
    assert "Aino Esimerkki (aino)" in text
    assert "aino@gmail.com" not in text
    known = said(here, "mail status")
    assert known["fixing"] == {"on": True, "decision": "§ 12", "since": known["fixing"]["since"]}
    assert [one["verdict"] for one in known["mailboxes"]] == ["ok", "ok"]
    assert known["mailboxes"][0]["fixes"][0]["state"] == "done"
    assert "transport_rules" in known["blind_spots"]


def test_a_tenant_that_lets_nobody_in_is_a_clear_no(here: Machine, tenant: SimulatedTenant) -> None:
    tenant.apps[CLIENT].roles.clear()
    answer = here.run("mail check", "--json", code=1)
    document = json.loads(answer.stdout)
    assert not document["check"]["finished"]
    assert document["check"]["why"] in answer.stderr
    assert {one["verdict"] for one in document["mailboxes"]} == {"unknown"}


def test_without_a_tenant_nobody_can_look_and_status_says_unknown(here: Machine) -> None:
    assert "graph_tenant" in here.run("mail check", code=2).stderr
    known = said(here, "mail status")
    assert known["last_check"] is None
    assert {(one["verdict"], one["error"]) for one in known["mailboxes"]} == {("unknown", "not_looked_at")}
    text = here.run("mail status").stdout
    assert "Nobody has looked at it yet." in text
    assert "Transport rules" in text


def test_where_only_laptops_look_the_command_says_so(here: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENURE_GRAPH_TENANT", CITY)
    monkeypatch.setenv("TENURE_GRAPH_LAPTOP_CLIENT_ID", CLIENT)
    assert "Only laptops look at mailboxes here" in here.run("mail check", code=2).stderr


def test_the_list_can_be_written_for_a_spreadsheet_and_overwrites_nothing(here: Machine) -> None:
    file = here.folder / "mail.csv"
    assert here.run("mail status", "--csv", str(file)).stdout == ""
    header, first, *_ = file.read_text(encoding="utf-8").splitlines()
    assert header.startswith("person_ext_id;name;verdict")
    assert first.startswith("aino;Aino Esimerkki;unknown")
    here.run("mail status", "--csv", str(file), code=1)


def test_fixing_needs_a_decision_and_tells_who_said_so(here: Machine) -> None:
    assert said(here, "mail fixing show") == {"on": False, "decision": None, "since": None, "by": None}
    here.run("mail fixing on", code=2)
    here.run("mail fixing on", "--decision", " ", code=2)
    assert "§ 12" in here.run("mail fixing on", *DECIDED, "--by", "it").stdout
    shown = said(here, "mail fixing show")
    assert (shown["on"], shown["decision"], shown["by"]) == (True, "§ 12", "it")
    here.run("mail fixing off", "--by", "it")
    assert not said(here, "mail fixing show")["on"]
    assert "only reported" in here.run("mail fixing show").stdout


def test_a_domain_is_allowed_to_the_end_of_its_last_day_and_can_be_disallowed(here: Machine) -> None:
    here.run("mail allow", "Yhteistyö.example", *DECIDED, "--until", "2998-12-31")
    (one,) = said(here, "mail allowed")["allowed"]
    assert (one["domain"], one["until"], one["decision"]) == (
        "xn--yhteisty-u4a.example",
        "2998-12-31T22:00:00Z",
        "§ 12",
    )
    here.run("mail allow", "yhteistyö.example", "--decision", "§ 99", "--until", "2998-06-30")
    (one,) = said(here, "mail allowed")["allowed"]
    assert one["decision"] == "§ 99", "the newest word holds"
    assert "no more" in here.run("mail disallow", "yhteistyö.example").stdout
    assert said(here, "mail allowed")["allowed"] == []
    assert len(said(here, "mail allowed", "--all")["allowed"]) == 2
    here.run("mail disallow", "yhteistyö.example", code=2)


@pytest.mark.parametrize(
    ("domain", "until", "code", "told"),
    [
        (CITY.upper(), "2998-12-31", 1, "the city's own"),
        ("not a domain", "2998-12-31", 2, "no domain"),
        ("localhost", "2998-12-31", 2, "no domain"),
        ("10.0.0.1", "2998-12-31", 2, "no domain"),
        ("a@partner.example", "2998-12-31", 2, "no domain"),
        ("partner.example", "2020-01-01", 2, "has passed"),
        ("partner.example", "soon", 2, "soon"),
        ("\u202epartner.example", "2998-12-31", 2, "no domain"),
    ],
)
def test_what_cannot_be_allowed_is_refused_with_what_to_do(
    here: Machine, domain: str, until: str, code: int, told: str
) -> None:
    assert told in here.run("mail allow", domain, *DECIDED, "--until", until, code=code).stderr
    assert said(here, "mail allowed")["allowed"] == []


def test_every_decision_stands_in_the_log(here: Machine) -> None:
    here.run("mail fixing on", *DECIDED)
    here.run("mail allow", "partner.example", *DECIDED, "--until", "2998-12-31")
    here.run("mail disallow", "partner.example")
    here.run("audit verify")
