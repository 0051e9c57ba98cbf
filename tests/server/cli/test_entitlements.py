import json
from pathlib import Path

import pytest

from fakes.data_directory import REGISTER_HEADER, Machine, machine

PEOPLE = """\
aino;Aino;Esimerkki;kv;Valtuusto;council;ordinary;2025-06-01;2999-05-31;term;;aino@kuntala.fi
bert;Bert;Esimerkki;kv;Valtuusto;council;ordinary;2025-06-01;2999-05-31;term;;bert@kuntala.fi
disa;Disa;Esimerkki;kv;Valtuusto;council;ordinary;2021-06-01;2025-05-31;term;;disa@kuntala.fi
"""


CUSTODY = """\
serial;holder_type;holder_ext_id;kind;from;to;reason
L1;person;aino;primary;2025-06-02;;
L2;person;disa;primary;2021-06-02;;
"""


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    started = machine(tmp_path)
    register = started.file("mandates.csv", f"{REGISTER_HEADER};email_city\n{PEOPLE}")
    custody = started.file("custody.csv", CUSTODY)
    devices = started.devices("L1", "L2")
    started.run("import", "--register", register, "--devices", devices, "--custody", custody)
    return started


def test_what_is_missing_and_in_excess_is_told_with_its_reason(here: Machine) -> None:
    mailboxes = here.file("mailboxes.txt", "AINO@kuntala.fi\ndisa@kuntala.fi\n")

    told = here.run("entitlements", "--mailboxes", mailboxes, "--at", "2027-01-01").stdout

    assert told == (
        "Aino Esimerkki (aino)\n"
        "  laptop: ok. Entitled by kv/member, and has L1. (P8)\n"
        "  mailbox: ok. Entitled by kv/member, and has aino@kuntala.fi. (P9)\n"
        "Bert Esimerkki (bert)\n"
        "  laptop: missing. Entitled by kv/member, and no laptop is issued. (P8)\n"
        "  mailbox: missing. Entitled by kv/member, and the directory has no mailbox bert@kuntala.fi."
        " (P9)\n"
        "Disa Esimerkki (disa)\n"
        "  laptop: excess. Has L2 without a right to it. (P22)\n"
        "  mailbox: excess. Has disa@kuntala.fi without a right to it. (P9)\n"
    )


def test_only_the_wanted_are_printed(here: Machine) -> None:
    found = json.loads(here.run("entitlements", "--only", "missing,excess", "--json").stdout)

    assert [one["person_ext_id"] for one in found["people"]] == ["bert", "disa"]
    assert found["people"][1]["laptop"] == {
        "entitled": False,
        "issued": ["L2"],
        "own_device": False,
        "match": "excess",
        "why": "Has L2 without a right to it.",
        "rule": "P22",
    }
    assert [one["mailbox"]["match"] for one in found["people"]] == ["unknown", "unknown"]


def test_a_past_moment_can_be_asked(here: Machine) -> None:
    found = json.loads(here.run("entitlements", "--at", "2024-01-01", "--json").stdout)
    assert [one["laptop"]["match"] for one in found["people"]] == ["ok", "ok", "ok"]


@pytest.mark.parametrize("words", [["--only", "none"], ["--at", "soon"], ["--mailboxes", "no such file"]])
def test_wrong_use_ends_with_two(here: Machine, words: list[str]) -> None:
    assert words[1] in here.run("entitlements", *words, code=2).stderr


def test_a_list_of_mailboxes_is_utf_8(here: Machine, tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("ä@kuntala.fi".encode("latin-1"))
    assert "UTF-8" in here.run("entitlements", "--mailboxes", str(tmp_path / "latin.txt"), code=2).stderr


def test_a_seat_is_told_in_the_readers_words(here: Machine) -> None:
    assert "kv/jäsen" in here.run("entitlements", language="fi").stdout
    assert "kv/ledamot" in here.run("entitlements", language="sv").stdout
