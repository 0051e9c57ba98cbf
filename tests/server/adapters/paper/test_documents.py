"""Receipts, commitments and statements on paper, in three languages."""

import re
from dataclasses import replace
from typing import Any

import pytest
import yaml

from fakes.city import instant, policy
from tenure_server.adapters.paper import documents
from tenure_server.adapters.paper.documents import (
    Letterhead,
    commitment_pdf,
    receipt_pdf,
    receipt_sentence,
    statement_pdf,
)
from tenure_server.adapters.paper.shipped_texts import shipped_texts
from tenure_server.domain.commitment import Commitment
from tenure_server.domain.commitment_text import LANGUAGES, CommitmentText, TextKind
from tenure_server.domain.custody import HolderType
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.own_device import OwnDeviceStatement
from tenure_server.domain.return_receipt import Part, ReturnReceipt

HEAD = Letterhead(city="Kuntala", zone=policy().zone)
RECEIPT = ReturnReceipt(
    number="00007",
    serial=Serial("PF3ABCDE"),
    moment=instant("2029-06-04T14:05:00+03:00"),
    registered_at=instant("2029-06-05T09:00:00+03:00"),
    holder_type=HolderType.PERSON,
    holder="1042",
    into=HolderType.STOCK,
    condition="naarmuja",
    received_by="neuvonta",
)


def text_of(kind: str, language: str) -> CommitmentText:
    return next(one for one in shipped_texts() if (one.kind, one.language) == (TextKind(kind), language))


def commitment(text: str, language: str = "fi") -> Commitment:
    return Commitment(
        serial=Serial("L1"),
        signer=PersonId("1042"),
        version="1",
        language=language,
        text=text,
        signed_at=instant("2029-06-04T14:05:00+03:00"),
    )


def is_accessible(pdf: bytes, language: str) -> bool:
    """Tell whether a PDF says that it is PDF/UA-1, tagged, titled and in this language."""
    said = (b"pdfuaid:part", b"/MarkInfo", b"/StructTreeRoot", b"/DisplayDocTitle true")
    lang = re.search(rb"/Lang\s*\(([a-z]+)", pdf)
    return (
        pdf.startswith(b"%PDF-1.7")
        and all(word in pdf for word in said)
        and lang is not None
        and (lang[1].decode() == language)
    )


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "fi",
            (
                "Kuitti: kone PF3ABCDE vastaanotettu 4.6.2029 klo 14.05. Kunto: naarmuja. "
                "Puuttuu: ei mitään. Palautusvelvollisuus on täytetty."
            ),
        ),
        (
            "sv",
            (
                "Kvitto: dator PF3ABCDE mottagen 4.6.2029 kl. 14.05. Skick: naarmuja. Saknas: ingenting. "
                "Återlämningsskyldigheten är fullgjord."
            ),
        ),
        (
            "en",
            (
                "Receipt: laptop PF3ABCDE received 4 June 2029 at 14:05. Condition: naarmuja. "
                "Missing: nothing. Your duty to return it is met."
            ),
        ),
    ],
)
def test_a_receipt_says_what_came_back_when_and_that_the_duty_is_met(language: str, sentence: str) -> None:
    assert receipt_sentence(HEAD, RECEIPT.in_language(language)) == sentence


def test_a_receipt_with_parts_missing_asks_for_them_and_says_that_the_price_is_not_charged() -> None:
    """Case 30."""
    told = receipt_sentence(HEAD, replace(RECEIPT, missing=(Part.BAG, Part.CHARGER), language="sv"))
    assert "Saknas: väska, laddare." in told
    assert "anskaffningspris tas inte ut" in told
    assert "fullgjord" not in told


def test_a_receipt_of_a_courier_names_who_took_it_in() -> None:
    told = receipt_sentence(HEAD, replace(RECEIPT, into=HolderType.POLICE, condition="", language="en"))
    assert "taken in by the police" in told
    assert "Condition: not noted." in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_document_is_accessible_in_every_language(language: str) -> None:
    statement = OwnDeviceStatement(
        person=PersonId("1042"),
        version="1",
        language=language,
        text=text_of("own_device", language).text,
        signed_at=RECEIPT.moment,
    )
    papers = (
        receipt_pdf(HEAD, replace(RECEIPT, missing=(Part.OTHER,), language=language), holder="Aino (1042)"),
        commitment_pdf(HEAD, commitment(text_of("laptop", language).text, language), signer="Aino (1042)"),
        statement_pdf(HEAD, statement, signer="Aino (1042)"),
    )
    assert [is_accessible(paper, language) for paper in papers] == [True] * 3


def test_the_same_receipt_is_the_same_file() -> None:
    assert receipt_pdf(HEAD, RECEIPT, holder="Aino") == receipt_pdf(HEAD, RECEIPT, holder="Aino")


@pytest.mark.parametrize(
    "hostile", ['#panic("no")', '#read("/etc/passwd")', "*a* _b_ $x$ @c <d> \\ // e", "]#{1/0}[", "= x"]
)
def test_what_people_wrote_is_printed_and_never_run(hostile: str) -> None:
    receipt = replace(RECEIPT, condition=hostile, received_by=hostile)
    assert is_accessible(receipt_pdf(HEAD, receipt, holder=hostile), "fi")
    assert is_accessible(commitment_pdf(HEAD, commitment(hostile), signer=hostile), "fi")


def test_a_text_is_cut_into_headings_items_and_paragraphs_and_loses_no_word() -> None:
    text = "\ufeff## Kone\r\n\r\nKaupunki antaa\nkoneen.\n- yksi\n* kaksi\n\nLoppu.\n"
    assert [(block["kind"], block["text"]) for block in documents._text(text)] == [
        ("heading", "Kone"),
        ("paragraph", "Kaupunki antaa koneen."),
        ("item", "yksi"),
        ("item", "kaksi"),
        ("paragraph", "Loppu."),
    ]


def test_every_language_has_every_word() -> None:
    words = documents._all_words()
    assert set(words) == set(LANGUAGES)
    assert len({shape(words[language]) for language in LANGUAGES}) == 1
    assert set(words["fi"]["parts"]) == {part.value for part in Part}


def shape(words: Any) -> str:
    """Keys and the names in braces, without the words."""
    if isinstance(words, dict):
        return yaml.safe_dump({key: shape(value) for key, value in sorted(words.items())})
    return ",".join(sorted(re.findall(r"{(\w+)}", words)))


def test_the_shipped_texts_are_a_proposal_in_every_language() -> None:
    assert {(one.kind.value, one.language) for one in shipped_texts()} == {
        (kind.value, language) for kind in TextKind for language in LANGUAGES
    }
    assert {one.decision for one in shipped_texts()} == {""}
    assert all(len(one.text) > 500 for one in shipped_texts())
