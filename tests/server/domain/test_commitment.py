"""Who holds a laptop and has signed nothing for the present term (P13, P17, case 1)."""

from datetime import date

import pytest

from fakes.city import City, instant, policy
from tenure_server.domain.commitment import Commitment, missing_commitments
from tenure_server.domain.commitment_text import (
    COMMITMENT_TEXTS,
    CommitmentText,
    TextKind,
    languages_missing,
    newest,
)
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.record import decode_record, encode_record

NOW = instant("2025-07-01")


def signed(at: str, *, by: str = "a", version: str = "1") -> Commitment:
    return Commitment(
        serial=Serial("L"),
        signer=PersonId(by),
        version=version,
        language="fi",
        text="Sitoudun.",
        signed_at=instant(at),
    )


def text(
    version: str = "1", language: str = "fi", *, added: str = "2025-01-01", **facts: object
) -> CommitmentText:
    return CommitmentText(
        kind=TextKind.LAPTOP,
        version=version,
        language=language,
        text="Sitoudun.",
        at=instant(added),
        **facts,  # type: ignore[arg-type]
    )


def missing(
    *commitments: Commitment, city: City | None = None, texts: tuple[CommitmentText, ...] = ()
) -> list[str]:
    known = city or City().seat("a", since="2021-08-01", until="2029-05-31").laptop(
        "L", "a", since="2021-09-01"
    )
    found = missing_commitments(known.facts(), policy(), {Serial("L"): commitments}, texts, NOW)
    return [one.person for one in found]


def test_one_who_continues_signs_anew_for_the_new_term() -> None:
    assert missing() == ["a"]
    assert missing(signed("2021-09-01")) == ["a"]
    assert missing(signed("2021-09-01"), signed("2025-06-01")) == []


def test_what_was_signed_ahead_counts_only_under_a_text_for_the_new_term() -> None:
    early = signed("2025-05-20", version="2025-1")
    assert missing(early) == ["a"]
    assert missing(early, texts=(text("2025-1"),)) == ["a"]
    assert missing(early, texts=(text("2025-1", term_begins=date(2025, 6, 1)),)) == []


def test_what_another_signed_does_not_count() -> None:
    assert missing(signed("2025-06-02", by="b")) == ["a"]


@pytest.mark.parametrize(
    "city",
    [
        City().seat("a", until="2025-06-15").laptop("L", "a"),
        City().seat("a", choice="own").laptop("L", "a"),
        City().seat("a").device("L"),
    ],
)
def test_a_leaver_an_own_device_user_and_one_without_a_laptop_sign_nothing(city: City) -> None:
    assert missing(city=city) == []


def test_the_text_added_last_is_signed_now() -> None:
    known = [text("1"), text("2", added="2025-03-01"), text("3", "sv", added="2025-04-01")]
    assert newest(known, TextKind.LAPTOP, "fi") == known[1]
    assert newest(known, TextKind.OWN_DEVICE, "fi") is None


def test_a_version_lacks_the_languages_that_it_has_no_text_in() -> None:
    assert languages_missing([text("1"), text("1", "sv"), text("2", "en")], TextKind.LAPTOP, "1") == ("en",)


def test_a_text_is_kept_as_a_document() -> None:
    kept = text(term_begins=date(2029, 6, 1), decision="KH 3.4.2029 § 7")
    assert decode_record(COMMITMENT_TEXTS, encode_record(kept)) == kept
    assert kept.id == "laptop/1/fi"
