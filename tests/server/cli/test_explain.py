import json

import pytest

from fakes.data_directory import Machine, machine

LAPTOP_KEYS = {
    "at", "subject", "policy", "desired", "reported", "holder", "with", "because", "mandates", "custody",
    "holds", "stays", "timeline", "cases", "directives", "authority", "receipts", "wipe", "records", "audit",
}  # fmt: skip
PERSON_KEYS = {
    "at", "subject", "policy", "status", "laptop", "mailbox", "mandates", "holds", "stays", "timeline",
    "laptops", "records", "audit",
}  # fmt: skip


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    started = machine(tmp_path_factory.mktemp("machine"))
    started.run("import", "--register", started.register("aino"), "--devices", started.devices("L1"))
    started.run("hand-over", "L1", "--to", "person:aino")
    return started


def test_a_laptops_document_has_the_keys_that_people_script_against(here: Machine) -> None:
    document = json.loads(here.run("explain", "L1", "--json", "--at", "2029-06-03").stdout)

    assert document.keys() == LAPTOP_KEYS
    assert document["subject"] == {"kind": "laptop", "serial": "L1", "model": "Kaisla"}
    assert document["at"] == "2029-06-02T21:00:00Z"
    assert document["mandates"][0]["known_end"] == "2029-05-31T21:00:00Z"
    assert document["wipe"]["state"] == "barred"
    assert [entry["kind"] for entry in document["audit"]] == ["handed_over"]
    assert all(len(entry["leaf"]) == 64 for entry in document["audit"])


def test_a_persons_document_has_the_keys_that_people_script_against(here: Machine) -> None:
    document = json.loads(here.run("explain", "aino", "--json").stdout)

    assert document.keys() == PERSON_KEYS
    assert document["laptop"]["because"] == [{"mandate": "kv/ordinary", "rule": "P8"}]
    assert document["laptops"] == [
        {"serial": "L1", "kind": "primary", "desired": "active", "wipe": "planned"}
    ]


def test_json_is_english_whatever_the_language(here: Machine) -> None:
    documents = [
        json.loads(here.run("explain", "L1", "--json", "--at", "2029-06-03", language=language).stdout)
        for language in ("fi", "sv", "en")
    ]

    assert documents[0] == documents[1] == documents[2]


@pytest.mark.parametrize("subject", ["L1", "aino"])
def test_text_is_plain_when_it_is_piped(here: Machine, subject: str) -> None:
    told = here.run("explain", subject).stdout

    assert "\x1b" not in told
    assert "kv/ordinary" in told


def test_text_says_when_it_is_in_the_citys_time(here: Machine) -> None:
    assert (
        "The right to it ended at 1 Jun 2029, 00:00. (P25)"
        in here.run("explain", "L1", "--at", "2029-06-03").stdout
    )


def test_an_unknown_subject_is_wrong_use(here: Machine) -> None:
    assert "nobody" in here.run("explain", "nobody", code=2).stderr
    assert here.run("explain", "nobody", "--json", code=2).stdout == ""


def test_an_unreadable_moment_is_wrong_use(here: Machine) -> None:
    assert "soon" in here.run("explain", "L1", "--at", "soon", code=2).stderr
