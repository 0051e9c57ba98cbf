import json
import stat
from datetime import UTC, datetime

import msgspec
import pytest

from fakes.signer import Laptop, manifest_of
from tenure_policies.envelope import PayloadType, SignedDocument, seal
from tenure_server.adapters.keys import read_private_key

SERVER = "https://tenure.example"
PAST, FUTURE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def at_server(town, name="mayor"):
    return ("--server", SERVER, "--key", town.folder / f"{name}.pem")


def draft(town, *laptops, **facts):
    town.ceremony()
    return town.prepare(*laptops, **({"issued": PAST, "expires": FUTURE} | facts))


def write(town, document, name="manifest.json"):
    (town.folder / name).write_bytes(msgspec.json.encode(document))
    return town.folder / name


def test_a_key_is_made_encrypted_and_only_its_public_half_is_for_others(town):
    (town.folder / "words").write_text("correct horse battery\n")
    result = town.run(
        "approve", "keygen", "--out", town.folder / "mayor.pem", "--passphrase-file", town.folder / "words"
    )
    assert str(town.folder / "mayor.pub.pem") in result.stdout
    assert b"ENCRYPTED" in (town.folder / "mayor.pem").read_bytes()
    assert stat.S_IMODE((town.folder / "mayor.pem").stat().st_mode) == 0o600
    assert b"PRIVATE" not in (town.folder / "mayor.pub.pem").read_bytes()
    read_private_key(town.folder / "mayor.pem", "correct horse battery")


def test_the_passphrase_is_asked_for_twice_when_no_file_is_named(town):
    words = "correct horse battery\n"
    town.run("approve", "keygen", "--out", town.folder / "mayor.pem", input=words * 2)
    read_private_key(town.folder / "mayor.pem", words.strip())


def test_a_key_is_never_overwritten(town):
    before = town.keygen("mayor").read_bytes()
    result = town.run("approve", "keygen", "--out", town.folder / "mayor.pem", "--no-passphrase", code=1)
    assert "not overwritten" in result.stderr
    assert (town.folder / "mayor.pem").read_bytes() == before


def test_the_list_shows_what_waits_and_whether_i_signed(town):
    draft(town, Laptop(), Laptop(number=2))
    [listed] = json.loads(town.run("approve", "list", *at_server(town), "--json").stdout)
    assert (listed["id"], listed["laptops"], listed["needed"], listed["mine"]) == ("manifest-1", 2, 2, False)
    town.run("approve", "sign", "manifest-1", *at_server(town), "--yes-these", 2)
    [listed] = json.loads(town.run("approve", "list", *at_server(town), "--json").stdout)
    assert (listed["mine"], len(listed["approvals"])) == (True, 1)
    assert "manifest-1  2  draft  1/2" in town.run("approve", "list", *at_server(town)).stdout


def test_every_laptop_of_the_signed_bytes_is_shown(town):
    laptops = [Laptop(number=number) for number in (1, 2, 3)]
    draft(town, *laptops)
    shown = town.run("approve", "show", "manifest-1", *at_server(town)).stdout
    for laptop in laptops:
        entry = laptop.entry()
        for fact in (entry.serial, entry.reason, entry.lock_id, entry.case, entry.not_before.isoformat()):
            assert fact in shown
    assert shown.endswith("Laptops  3\n")


def test_signing_asks_for_the_number_of_laptops(town):
    draft(town, Laptop(), Laptop(number=2))
    result = town.run("approve", "sign", "manifest-1", *at_server(town), input="2\n")
    assert "1 of 2" in result.stderr


@pytest.mark.parametrize("typed", [1, 3, 0, -2])
def test_another_number_signs_nothing(town, typed):
    draft(town, Laptop(), Laptop(number=2))
    result = town.run("approve", "sign", "manifest-1", *at_server(town), "--yes-these", typed, code=1)
    assert "Not signed: the list names 2 laptops" in result.stderr
    [listed] = json.loads(town.run("approve", "list", *at_server(town), "--json").stdout)
    assert listed["approvals"] == []


def test_a_manifest_is_signed_without_a_server_and_sent_later(town):
    manifest = draft(town, Laptop())
    file = write(town, seal(manifest, PayloadType.MANIFEST))
    signed = town.folder / "signed.json"
    town.run(
        "approve", "sign", "--file", file, "--out", signed, "--key", town.folder / "clerk.pem",
        "--yes-these", 1,
    )  # fmt: skip
    assert len(msgspec.json.decode(signed.read_bytes(), type=SignedDocument).signatures) == 1
    assert "1 of 2" in town.run("approve", "send", signed, *at_server(town, "clerk")).stderr


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"entries": ()}, "it names no laptop"),
        ({"entries": (Laptop().entry(), Laptop().entry())}, "named twice"),
        ({"expires": PAST}, "expired"),
        ({"campaign": True, "rate_per_hour": 0}, "no rate"),
    ],
)
def test_a_list_that_nobody_should_sign_is_not_signed(town, facts, told):
    town.ceremony()
    file = write(town, seal(manifest_of(Laptop(), **({"expires": FUTURE} | facts)), PayloadType.MANIFEST))
    result = town.run(
        "approve", "sign", "--file", file, "--out", town.folder / "signed.json",
        "--key", town.folder / "clerk.pem", "--yes-these", 1, code=1,
    )  # fmt: skip
    assert told in result.stderr
    assert not (town.folder / "signed.json").exists()


def test_the_preparer_cannot_sign_their_own_list(town):
    town.ceremony()
    thumb = town.run("approve", "keygen", "--out", town.folder / "p.pem", "--no-passphrase").stdout.split()[0]
    file = write(town, seal(manifest_of(Laptop(), prepared_by=thumb, expires=FUTURE), PayloadType.MANIFEST))
    result = town.run(
        "approve", "sign", "--file", file, "--out", town.folder / "signed.json",
        "--key", town.folder / "p.pem", "--yes-these", 1, code=1,
    )  # fmt: skip
    assert "you prepared this list" in result.stderr


def test_a_document_of_another_kind_is_not_signed_as_a_list(town):
    town.ceremony()
    file = write(town, seal(manifest_of(Laptop(), expires=FUTURE), PayloadType.KEYS))
    result = town.run(
        "approve", "sign", "--file", file, "--out", town.folder / "signed.json",
        "--key", town.folder / "clerk.pem", "--yes-these", 1, code=1,
    )  # fmt: skip
    assert "not a manifest" in result.stderr


def test_a_reason_cannot_redraw_the_screen(town):
    town.ceremony()
    entry = Laptop().entry(reason="Anna\x1b[2J\x1b[1;1H\r\u202eslaptop 2")
    file = write(town, seal(manifest_of(entries=(entry,), expires=FUTURE), PayloadType.MANIFEST))
    shown = town.run("approve", "show", "--file", file).stdout
    assert "\x1b" not in shown
    assert "\r" not in shown
    assert "\u202e" not in shown
    assert "\\u001b" in shown


def test_a_manifest_that_is_not_there_is_told(town):
    town.ceremony()
    result = town.run("approve", "sign", "manifest-9", *at_server(town), "--yes-these", 1, code=1)
    assert "tenure approve list" in result.stderr


def test_a_stranger_is_told_that_the_key_is_not_an_approvers(town):
    draft(town, Laptop())
    town.keygen("stranger")
    result = town.run("approve", "list", *at_server(town, "stranger"), code=1)
    assert "names for approve" in result.stderr


def test_what_is_no_file_of_ours_is_told_by_name(town):
    (town.folder / "x.json").write_text("hello")
    result = town.run("approve", "show", "--file", town.folder / "x.json", code=2)
    assert "x.json" in result.stderr
    result = town.run("approve", "show", "--file", town.folder / "absent.json", code=2)
    assert "absent.json" in result.stderr


def test_a_wrong_stop_is_refused(town):
    town.keygen("mayor")
    result = town.run(
        "approve",
        "resume",
        "stop-1",
        "--key",
        town.folder / "mayor.pem",
        "--out",
        town.folder / "r.json",
        code=2,
    )
    assert "is not a stop" in result.stderr
