"""What `tenure mail judge` says of snapshots that it cannot use, and of those that are only strange."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fakes.judged_snapshots import told
from fakes.snapshots import CITY, group, mailbox, recipient, rule, snapshot, user
from tenure_server.adapters.files import tenant_file
from tenure_server.adapters.files.tenant_file import read_tenant
from tenure_server.cli import main
from tenure_server.domain.errors import InputError

Change = Callable[[dict[str, Any]], Any]


def without(key: str) -> Change:
    return lambda tenant: tenant.pop(key)


def having(**facts: Any) -> Change:
    return lambda tenant: tenant.update(facts)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without("domains"), "domains is missing"),
        (without("mailboxes"), "mailboxes is missing"),
        (having(domains=None), "domains is not"),
        (having(mailboxes={}), "mailboxes is not"),
        (having(domains=[{"name": "city.gov", "email": True}]), "domains[0].verified is missing"),
        (having(domains=[CITY, CITY | {"verified": "yes"}]), "domains[1].verified is not"),
        (having(domains=[CITY | {"type": "Shared"}]), "domains[0].type is not"),
        (having(domains=[CITY | {"name": "*.gov"}]), "domains[0].name is no domain"),
        (having(domains=[CITY | {"name": ""}]), "domains[0].name is no domain"),
        (having(allowed_partner_domains=["a.org", "*.b.org"]), "allowed_partner_domains[1] is no domain"),
        (having(allowed_partner_domains="a.org"), "allowed_partner_domains is not"),
        (having(users=[user("me"), {"mail": "x@city.gov"}]), "users[1].id is missing"),
        (having(users=[user("me") | {"proxyAddresses": ["a", 7]}]), "users[0].proxyAddresses[1] is not"),
        (having(users=[user("me", userType="Robot")]), "users[0].userType is not"),
        (having(users=[user("me"), user("me")]), "users[1].id is the same as users[0].id"),
        (having(groups=[group("me")]), "groups[0].id is the same as users[0].id"),
        (having(groups=[group("all") | {"members": [None]}]), "groups[0].members[0] is not"),
        (having(contacts=[[]]), "contacts[0] is not"),
        (having(mailboxes=[mailbox("me"), {}]), "mailboxes[1].user is missing"),
        (having(mailboxes=[mailbox("me") | {"user": 7}]), "mailboxes[0].user is not"),
        (having(mailboxes=[mailbox("me") | {"rules": {}}]), "mailboxes[0].rules is not"),
        (having(mailboxes=[mailbox("me") | {"rules": [rule(), "rule"]}]), "mailboxes[0].rules[1] is not"),
        (having(mailboxes=[mailbox("me", exchange_rules=[3])]), "mailboxes[0].exchange_rules[0] is not"),
        (having(mailboxes=[mailbox("me", mailbox=[])]), "mailboxes[0].mailbox is not"),
    ],
)
def test_a_wrong_snapshot_is_refused_by_the_key_at_fault(tmp_path: Path, change: Change, named: str) -> None:
    tenant = snapshot(mailbox("me", rule("a@gmail.com")))
    change(tenant)
    result = told(tmp_path, tenant, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"tenant.json: {named}" in result.stderr
    assert "nothing of it was used" in result.stderr


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b'{"mailboxes": [',
        json.dumps(snapshot(mailbox("me"))).encode()[:-20],
        json.dumps(snapshot(mailbox("me"))).encode() + b"}",
        json.dumps(snapshot(mailbox("me"))).encode("utf-16"),
        b"\xff\xfe\x00",
        b'{"domains": [{"name": "\xff"}]}',
        b'{"domains": [], "mailboxes": [{"user": "me", "rules": [{"a": '
        + b"[" * 100_000
        + b"]" * 100_000
        + b"}]}]}",
    ],
)
def test_what_is_no_json_of_a_snapshot_is_refused(tmp_path: Path, content: bytes) -> None:
    result = told(tmp_path, content, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "tenant.json: " in result.stderr
    assert "Traceback" not in result.stderr


def test_every_domain_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    result = told(tmp_path, snapshot(domains=[CITY | {"name": "a b"}], partners=["", "x y"]), "--json")
    for key in ("domains[0].name", "allowed_partner_domains[0]", "allowed_partner_domains[1]"):
        assert f"tenant.json: {key} is no domain" in result.stderr


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    for file in (tmp_path / "nothing.json", tmp_path):
        result = CliRunner().invoke(main, ["--language", "en", "mail", "judge", "--tenant", str(file)])
        assert (result.exit_code, result.stdout) == (2, "")
        assert str(file) in result.stderr


def test_a_snapshot_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "tenant.json"
    file.write_bytes(b" " * (2**20 + 1))
    with pytest.raises(InputError) as refused:
        read_tenant(file, most_bytes=2**20)
    assert "larger than 1 MiB" in str(refused.value.findings[0].why)
    assert tenant_file.MOST_BYTES >= 2**28


def test_a_byte_order_mark_changes_nothing(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + json.dumps(snapshot(mailbox("me"))).encode()
    assert told(tmp_path, content, "--json").exit_code == 0


def test_keys_that_are_not_known_and_facts_that_are_null_are_taken_as_they_are(tmp_path: Path) -> None:
    sparse = {"id": "me", "mail": None, "proxyAddresses": None, "userType": None, "department": "x"}
    tenant = snapshot(mailbox("me", extra=1), users=[sparse], exported="today")
    tenant["domains"] = [CITY | {"type": None}]
    assert told(tmp_path, tenant, "--json").exit_code == 0


@pytest.mark.parametrize("key", ["users", "groups", "contacts"])
def test_a_list_that_is_missing_is_no_empty_list(tmp_path: Path, key: str) -> None:
    tenant = snapshot(mailbox("me", rule("press@city.gov")))
    del tenant[key]
    result = told(tmp_path, tenant, "--json")
    assert json.loads(result.stdout)["mailboxes"][0]["verdict"] == "unknown"
    assert f"no {key}" in result.stderr


@pytest.mark.parametrize("actions", ["text", 7, [], {"forwardTo": "a@gmail.com"}, {"redirectTo": [[]]}])
def test_a_rule_that_cannot_be_understood_is_unknown_and_the_others_are_still_judged(
    tmp_path: Path, actions: Any
) -> None:
    strange = rule() | {"actions": actions}
    tenant = snapshot(mailbox("me", strange), mailbox("clerk", rule("a@gmail.com")))
    result = told(tmp_path, tenant, "--json")
    assert [one["verdict"] for one in json.loads(result.stdout)["mailboxes"]] == ["unknown", "violation"]
    assert result.exit_code == 1


def test_hostile_names_and_megabyte_rules_are_judged_and_not_printed_raw(tmp_path: Path) -> None:
    hostile = "\x1b[2J\u202eclerk@city.gov" + "x" * 1_000_000
    evil = rule(rule_id="\x1b[31mr1", displayName=hostile)
    evil["actions"] = {"forwardTo": [recipient("a@gmail.com", hostile)]}
    tenant = snapshot(mailbox("me", evil), users=[user("me", userPrincipalName="\u202eme@city.gov")])
    result = told(tmp_path, tenant)
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert len(result.stdout) < 3_000


def test_the_table_tells_mailboxes_targets_reasons_and_blind_spots(tmp_path: Path) -> None:
    boxes = (mailbox("me", rule("a@gmail.com")), mailbox("clerk", rules=None))
    result = told(tmp_path, snapshot(*boxes))
    assert result.exit_code == 1
    for words in ("me@city.gov", "gmail.com", "neither the city's own nor allowed", "could not be read"):
        assert words in result.stdout
    assert "Flows of Power Automate" in result.stdout


def test_json_is_english_in_every_language(tmp_path: Path) -> None:
    file = tmp_path / "tenant.json"
    file.write_text(json.dumps(snapshot(mailbox("me", rule("a@gmail.com")))))
    words = ["mail", "judge", "--tenant", str(file), "--json"]
    answers = {CliRunner().invoke(main, ["--language", one, *words]).stdout for one in ("en", "fi", "sv")}
    assert len(answers) == 1


def test_a_violation_alone_makes_the_exit_code_one(tmp_path: Path) -> None:
    assert told(tmp_path, snapshot(mailbox("me", rules=None)), "--json").exit_code == 0
    assert told(tmp_path, snapshot(mailbox("me", rule("a@gmail.com"))), "--json").exit_code == 1


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_that_is_not_utf_8_is_refused_by_saying_so(tmp_path: Path, encoding: str) -> None:
    tenant = json.dumps(snapshot(mailbox("me", rule("a@gmail.com"), error="räksmörgås")), ensure_ascii=False)
    result = told(tmp_path, tenant.encode(encoding))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "not UTF-8" in result.stderr


def test_a_file_that_is_no_object_is_called_no_snapshot(tmp_path: Path) -> None:
    assert "The file is no snapshot" in told(tmp_path, b"[]").stderr
