"""`tenure loan`, `returns`, `found`, `swap`, `stock`, `reimaged`, `commitments`, `own-device`, `events`."""

import json
from pathlib import Path

import pytest

from fakes.data_directory import REGISTER_HEADER, Machine, machine


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    """Aino and Bert sit in the council, Disa is deputy there; two laptops are in stock."""
    started = machine(tmp_path)
    rows = [
        f"{person};{person.title()};Esimerkki;kv;Valtuusto;council;{seat};2025-06-01;2029-05-31;term;KV 3 §"
        for person, seat in (("aino", "ordinary"), ("bert", "ordinary"), ("disa", "deputy"))
    ]
    register = started.file("mandates.csv", "\n".join([REGISTER_HEADER, *rows, ""]))
    started.run("import", "--register", register, "--devices", started.devices("L1", "L2"))
    return started


def document(here: Machine, *words: str, code: int = 0) -> dict[str, object]:
    return json.loads(here.run(*words, "--json", code=code).stdout)  # type: ignore[no-any-return]


def test_a_loan_is_begun_confirmed_by_both_listed_and_ended(here: Machine) -> None:
    here.run("hand-over", "L1", "--to", "person:aino")

    begun = here.run("loan begin", "L1", "--to", "disa", "--until", "2029-01-05").stdout
    assert "aino stays responsible for it during the loan. (P11)" in begun
    assert "tenure loan confirm" in begun
    assert "not yet confirmed by aino, disa" in here.run("loan list").stdout
    here.run("loan confirm", "L1", "--by", "disa")
    assert "confirmed by both" in here.run("loan confirm", "L1", "--by", "aino").stdout
    assert "before" in here.run("loan confirm", "L1", "--by", "aino", code=1).stderr

    (listed,) = document(here, "loan list")["loans"]  # type: ignore[misc]
    assert (listed["status"], listed["until"], listed["overdue"]) == (
        "confirmed",
        "2029-01-05T22:00:00Z",
        False,
    )
    assert "disa gave it back" in here.run("loan end", "L1").stdout
    assert document(here, "loan list") == {"loans": []}
    assert "over" in here.run("loan list", "--all").stdout


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("loan begin", "L1", "--to", "disa", "--until", "tomorrow"), 2, "--until"),
        (("loan begin", "L1", "--to", "nobody", "--until", "2029-01-05"), 2, "nobody"),
        (("loan begin", "L9", "--to", "disa", "--until", "2029-01-05"), 2, "L9"),
        (("loan begin", "L1", "--to", "bert", "--until", "2029-01-05"), 1, "--even-though-not-entitled"),
        (("loan begin", "L1", "--to", "disa", "--until", "2020-01-05"), 1, "--until"),
        (("loan begin", "L2", "--to", "disa", "--until", "2029-01-05"), 1, "no responsible holder"),
        (("loan confirm", "L1", "--by", "aino"), 2, "not lent"),
        (("loan end", "L1"), 1, "not lent"),
        (("returns pdf", "00009", "r.pdf"), 2, "00009"),
        (("returns list", "--serial", "L9"), 2, "L9"),
        (("found", "L1"), 1, "not lost"),
        (("swap", "L2", "L1"), 1, "Nobody has L2"),
        (("swap", "L1", "L1"), 1, "itself"),
        (("reimaged", "L2", "--by", "two words"), 2, "--by"),
        (("reimaged", "L9", "--by", "x"), 2, "L9"),
        (("take-back", "L1", "--condition", "x" * 1000), 2, "--condition"),
        (("take-back", "L1", "--at", "2029-13-01"), 2, "2029-13-01"),
        (("take-back", "L1", "--at", "2098-01-01"), 1, "future"),
        (("take-back", "L1", "--event", "june"), 2, "june"),
        (("take-back", "L1", "--reason", "lost", "--missing", "bag"), 1, "belong to a return"),
        (("commitments sign", "L1", "--by", "bert"), 1, "does not hold"),
        (("commitments pdf", "L1", "c.pdf"), 2, "Nobody has signed"),
        (("commitments texts show", "1999"), 2, "1999"),
        (("own-device sign", "nobody"), 2, "nobody"),
        (("own-device pdf", "aino", "s.pdf"), 2, "no statement"),
        (("events show", "june"), 2, "june"),
        (("events create", "june", "--day", "soon", "--place", "x", "--slot", "09:00/2"), 2, "soon"),
        (("events create", "june", "--day", "2029-06-04", "--place", "x", "--slot", "9/2"), 2, "9/2"),
        (("events create", "june", "--day", "2029-06-04", "--place", "x", "--slot", "25:00/2"), 2, "25:00"),
        (("events create", "june", "--day", "2020-06-04", "--place", "x", "--slot", "09:00/2"), 1, "later"),
        (("hand-over", "L2", "--to", "person:bert", "--commitment-version", "1999"), 2, "1999"),
    ],
)
def test_what_cannot_be_is_refused_in_clear_words(
    here: Machine, words: tuple[str, ...], code: int, told: str
) -> None:
    here.run("hand-over", "L1", "--to", "person:aino")

    assert told in here.run(*words, code=code).stderr
    assert document(here, "returns list") == {"receipts": []}


def test_a_return_prints_its_receipt_and_asks_for_the_charger(here: Machine, tmp_path: Path) -> None:
    here.run("hand-over", "L1", "--to", "person:aino")
    paper = tmp_path / "receipt.pdf"

    told = here.run(
        "take-back", "L1", "--missing", "charger", "--condition", "ok", "--received-by", "desk",
        "--receipt-language", "en", "--pdf", str(paper),
    ).stdout  # fmt: skip

    assert "Receipt 00001: Receipt: laptop L1 received" in told
    assert "came back without: charger" in told
    assert paper.read_bytes().startswith(b"%PDF")
    (receipt,) = document(here, "returns list", "--serial", "L1")["receipts"]  # type: ignore[misc]
    assert (receipt["holder"], receipt["missing"], receipt["condition"]) == ("aino", ["charger"], "ok")
    assert "00001: L1 from aino" in here.run("returns list").stdout
    other = tmp_path / "kvitto.pdf"
    here.run("returns pdf", "00001", str(other), "--receipt-language", "sv")
    assert other.read_bytes() != paper.read_bytes()


def test_a_receipt_that_cannot_be_written_to_a_file_is_printed_later(here: Machine, tmp_path: Path) -> None:
    here.run("hand-over", "L1", "--to", "person:aino")

    refused = here.run("take-back", "L1", "--pdf", str(tmp_path / "nowhere" / "r.pdf"), code=2)

    assert "cannot be written" in refused.stderr
    here.run("returns pdf", "00001", str(tmp_path / "r.pdf"))


def test_what_was_lost_is_found_with_its_holder(here: Machine) -> None:
    here.run("hand-over", "L1", "--to", "person:aino")
    lost = here.run("take-back", "L1", "--reason", "stolen", "--reference", "5590/R/1").stdout
    assert "within 72 hours" in lost

    assert here.run("found", "L1").stdout.startswith("L1 was found and is with aino.\n")
    assert document(here, "stock")["stock"][0]["serial"] == "L2"  # type: ignore[index]


def test_stock_tells_what_each_laptop_needs_until_it_is_issued_again(here: Machine) -> None:
    assert "L1: imaged; enrol it." in here.run("stock").stdout
    here.run("hand-over", "L1", "--to", "person:aino")
    here.run("take-back", "L1")
    (first, _) = document(here, "stock")["stock"]  # type: ignore[misc]
    assert (first["state"], first["needs"]) == ("returned", ["wipe", "image", "enrol"])

    assert here.run("reimaged", "L1", "--by", "helpdesk-2").stdout.startswith("L1 was re-imaged.\n")

    assert "L1: imaged; enrol it." in here.run("stock").stdout
    told = here.run("hand-over", "L1", "--to", "person:bert").stdout
    assert "rotate its recovery keys" in told


def test_a_swap_takes_one_back_and_hands_the_other_over(here: Machine, tmp_path: Path) -> None:
    here.run("hand-over", "L1", "--to", "person:aino")
    paper = tmp_path / "r.pdf"

    told = here.run("swap", "L1", "L2", "--commitment-version", "proposal-1", "--pdf", str(paper)).stdout

    assert told.startswith("L2 is with aino.\n")
    assert "Receipt 00001" in told
    assert paper.exists()
    assert "version proposal-1 (fi)" in here.run("commitments list", "L2").stdout


def test_who_has_signed_nothing_is_listed_and_signs_the_citys_own_text(here: Machine, tmp_path: Path) -> None:
    here.run("hand-over", "L1", "--to", "person:aino")
    assert "aino holds L1" in here.run("commitments missing", code=1).stdout
    text = here.file("fi.md", "## Sitoumus\n\nSitoudun.\n")
    added = here.run(
        "commitments texts add",
        text,
        "--version",
        "2025-1",
        "--lang",
        "fi",
        "--decision",
        "KH 23.4.2025 § 12",
    ).stdout
    assert "still missing in: sv, en" in added
    assert here.run("commitments texts show").stdout == "## Sitoumus\n\nSitoudun.\n"

    here.run("commitments sign", "L1", "--by", "aino")

    assert document(here, "commitments missing") == {"missing": []}
    (signed,) = document(here, "commitments list", "L1")["commitments"]  # type: ignore[misc]
    assert (signed["version"], signed["text"]) == ("2025-1", "## Sitoumus\n\nSitoudun.\n")
    here.run("commitments pdf", "L1", str(tmp_path / "c.pdf"))
    assert (tmp_path / "c.pdf").read_bytes().startswith(b"%PDF")
    listed = document(here, "commitments texts list")["texts"]
    assert listed[-1]["decision"] == "KH 23.4.2025 § 12"  # type: ignore[index]
    assert "a proposal, without a decision" in here.run("commitments texts list").stdout


def test_a_text_of_another_encoding_is_refused(here: Machine, tmp_path: Path) -> None:
    (tmp_path / "latin.md").write_bytes("Sitoudun äänestämään.".encode("latin-1"))
    refused = here.run("commitments texts add", str(tmp_path / "latin.md"), "--version", "1", code=2)
    assert "UTF-8" in refused.stderr


def test_a_statement_for_an_own_computer_is_signed_listed_and_printed(here: Machine, tmp_path: Path) -> None:
    assert here.run("own-device sign", "aino", "--lang", "sv").stdout == "aino signed version proposal-1.\n"
    here.run("own-device sign", "aino", "--lang", "sv", code=1)
    (kept,) = document(here, "own-device list")["statements"]  # type: ignore[misc]
    assert (kept["person_ext_id"], kept["language"]) == ("aino", "sv")
    assert "aino signed version proposal-1 (sv)" in here.run("own-device list").stdout
    here.run("own-device pdf", "aino", str(tmp_path / "s.pdf"))
    assert (tmp_path / "s.pdf").read_bytes().startswith(b"%PDF")


def test_an_event_is_booked_until_it_is_full_and_shown(here: Machine) -> None:
    here.run(
        "events create", "june", "--day", "2029-06-04", "--place", "Town hall",
        "--slot", "09:00/1", "--slot", "10:00/5", "--topic", "Mail",
    )  # fmt: skip
    here.run("events book", "june", "aino", "--slot", "09:00")
    assert "full" in here.run("events book", "june", "bert", "--slot", "09:00", code=1).stderr
    here.run("events book", "june", "bert", "--slot", "10:00")
    here.run("events cancel", "june", "aino")
    here.run("events book", "june", "bert", "--slot", "09:00")
    here.run("hand-over", "L1", "--to", "person:bert", "--event", "june")
    assert "not begun" in here.run("events attend", "june", "aino", code=1).stderr

    shown = document(here, "events show", "june")
    assert shown["slots"] == [
        {"at": "2029-06-04T06:00:00Z", "capacity": 1, "left": 0},
        {"at": "2029-06-04T07:00:00Z", "capacity": 5, "left": 5},
    ]
    assert shown["attendances"][0]["issued"] == ["L1"]  # type: ignore[index]
    told = here.run("events show", "june").stdout
    assert "4 Jun 2029, 09:00: bert" in told
    assert "bert came; issued: L1; returned: -." in told
    assert here.run("events list").stdout.startswith("june: 4 Jun 2029, 09:00, Town hall; places left: 5")


@pytest.mark.parametrize(
    "words",
    [
        ("loan begin", "L1", "--to", "bert", "--until", "2029-01-05"),
        ("hand-over", "L2", "--to", "person:nora"),
        ("swap", "L1", "L2"),
    ],
)
def test_a_refusal_says_why_first_and_then_how_all_the_same(here: Machine, words: tuple[str, ...]) -> None:
    rows = "nora;Nora;Esimerkki;x;Muu;other;ordinary;2025-06-01;2029-05-31;term;KV 3 §\n"
    known = (here.folder / "mandates.csv").read_text(encoding="utf-8")
    here.run("import", "--register", here.file("more.csv", known + rows))
    holder = "nora" if words[0] == "swap" else "aino"
    here.run("hand-over", "L1", "--to", f"person:{holder}", "--even-though-not-entitled")

    reason, hint = here.run(*words, code=1).stderr.splitlines()

    assert "even-though" not in reason
    assert hint == "To hand it over all the same, say --even-though-not-entitled."


def test_a_receipt_is_named_without_its_zeros(here: Machine, tmp_path: Path) -> None:
    here.run("hand-over", "L1", "--to", "person:aino")
    here.run("take-back", "L1")
    here.run("returns pdf", "1", str(tmp_path / "r.pdf"))
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
    here.run("returns pdf", "2", str(tmp_path / "r2.pdf"), code=2)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("loan list", "No loan stands; see also --all."),
        ("returns list", "There are no receipts."),
        ("commitments missing", "Everybody who holds a laptop has signed for this term."),
        ("own-device list", "Nobody has signed a statement for an own computer."),
        ("events list", "There are no handover events."),
        ("notices list", "There are no notices."),
        ("stay list", "No stay stands; see also --all."),
        ("hold list", "No hold stands; see also --all."),
    ],
)
def test_a_list_with_nothing_on_it_says_so(here: Machine, words: str, told: str) -> None:
    assert here.run(words).stdout == told + "\n"
    assert here.run(words, language="fi").stdout not in ("", told + "\n")


def test_what_is_missing_and_why_is_told_in_the_readers_words(here: Machine) -> None:
    here.run("hand-over", "L1", "--to", "person:aino")
    told = here.run("take-back", "L1", "--missing", "charger", "--missing", "bag", language="fi").stdout
    assert "laukku, laturi" in told
    assert "returned" not in told
    assert "laukku, laturi" in here.run("returns list", language="fi").stdout
    assert "laukku, laturi" in here.run("tasks list", language="fi").stdout
