import asyncio
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.city import instant
from fakes.data_directory import Machine, machine
from tenure_server.domain.charge import CHARGES, Charge, ChargeState, EvidenceLine
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.settings import read_settings
from tenure_server.wiring import open_installation

CHARGE = Charge(
    person=PersonId("aino"),
    serial=Serial("L1"),
    ends=instant("2029-06-01"),
    deadline=instant("2029-07-03"),
    at=instant("2029-07-03"),
    price_eur=Decimal("900"),
    price_vat_eur=Decimal("1129.50"),
    evidence=(
        EvidenceLine(
            topic="mandate", at=instant("2025-06-01"), until=instant("2029-06-01"),
            values={"mandate": "kv/ordinary", "basis": "term", "decision": "#*[KV] 3 §"},
        ),
        EvidenceLine(topic="commitment", at=None, values={"missing": "commitment"}),
        EvidenceLine(topic="notice", at=instant("2029-06-08"), values={"key": "T+7", "state": "sent"}),
    ),
)  # fmt: skip


def keep(folder: Path, charge: Charge) -> None:
    async def write() -> None:
        settings = read_settings({"data_directory": str(folder / "data")}, {})
        async with open_installation(settings) as installation, installation.store.writing() as tx:
            was = await tx.records.get(CHARGES, charge.id)
            if was is None:
                await tx.records.add(CHARGES, charge)
            else:
                await tx.records.replace(CHARGES, was, charge)

    asyncio.run(write())


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    started = machine(tmp_path)
    keep(tmp_path, CHARGE)
    return started


def test_a_proposal_is_listed_and_shown_with_its_evidence(here: Machine) -> None:
    assert here.run("charges list").stdout.startswith(CHARGE.id + ": proposed, ")
    (listed,) = json.loads(here.run("charges list", "--json").stdout)["charges"]
    assert (listed["id"], listed["state"], listed["price_vat_eur"]) == (CHARGE.id, "proposed", "1129.50")
    shown = json.loads(here.run("charges show", "L1").stdout)
    assert [line["topic"] for line in shown["evidence"]] == ["mandate", "commitment", "notice"]
    assert len(shown["evidence_sha256"]) == 64


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_evidence_is_a_document_that_everybody_can_read(here: Machine, language: str) -> None:
    out = here.folder / "evidence.pdf"
    here.run("charges evidence", "L1", "--out", str(out), "--text-language", language)
    first = out.read_bytes()
    assert first.startswith(b"%PDF-")
    assert b"pdfuaid" in first, "PDF/UA says so in its metadata"
    here.run("charges evidence", CHARGE.id, "--out", str(out), "--text-language", language)
    assert out.read_bytes() == first


def test_the_evidence_for_machines_is_json_and_other_kinds_are_wrong_use(here: Machine) -> None:
    out = here.folder / "evidence.json"
    here.run("charges evidence", "L1", "--out", str(out))
    assert json.loads(out.read_text())["person_ext_id"] == "aino"
    here.run("charges evidence", "L1", "--out", str(here.folder / "evidence.doc"), code=2)
    here.run("charges evidence", "L9", "--out", str(out), code=2)


def test_a_decision_on_facts_that_are_not_so_any_more_is_refused(here: Machine) -> None:
    """Nobody holds L1 in this register: the proposal is not due."""
    decided = here.run("charges decide", "L1", "charge", "--by", "KH 1 §", "--reason", "x", code=1)
    assert "changed" in decided.stderr


def test_payment_and_refund_are_noted_in_their_order(here: Machine) -> None:
    here.run("charges paid", "L1", "--by", "finance", code=1)
    keep(here.folder, replace(CHARGE, state=ChargeState.CHARGED, amount_eur=Decimal("1129.50")))
    assert ": paid, " in here.run("charges paid", "L1", "--by", "finance").stdout
    here.run("charges refund", "L1", "--by", "finance", code=1)
    keep(here.folder, replace(CHARGE, state=ChargeState.REFUND_DUE, amount_eur=Decimal("1129.50")))
    assert ": refunded, " in here.run("charges refund", "L1", "--by", "finance").stdout
    assert here.run("charges list").stdout == "No charge needs anything; see also --all.\n"
    assert CHARGE.id in here.run("charges list", "--all").stdout


@pytest.mark.parametrize("amount", ["", "0", "-5", "NaN", "1e9", "ten"])
def test_a_sum_that_is_none_is_wrong_use(here: Machine, amount: str) -> None:
    words = ("L1", "charge", "--by", "x", "--reason", "y", "--amount", amount)
    here.run("charges decide", *words, code=2)


def test_a_charges_state_is_told_in_the_readers_words(here: Machine) -> None:
    assert here.run("charges list", language="fi").stdout.startswith(CHARGE.id + ": ehdotettu, ")
    assert here.run("charges list", language="sv").stdout.startswith(CHARGE.id + ": föreslagen, ")
