from collections.abc import Collection
from dataclasses import replace

import pytest

from fakes.city import TERM_ENDS, City, instant
from tenure_server.domain.entitlement_comparison import (
    LaptopComparison,
    MailboxComparison,
    Match,
    PersonComparison,
    compare,
)
from tenure_server.domain.ids import PersonId
from tenure_server.domain.timeline import plan

NOW, LATER = "2027-01-01", "2029-06-10"


def compared(
    city: City, at: str = NOW, mailboxes: Collection[str] | None = None
) -> dict[str, PersonComparison]:
    facts = city.facts()
    found = compare(facts, plan(facts, city.terms, instant(at)), mailboxes=mailboxes)
    return {one.person: one for one in found}


def laptop(city: City, at: str = NOW) -> LaptopComparison:
    return compared(city, at)["a"].laptop


def mailbox(city: City, at: str = NOW, mailboxes: Collection[str] = ("A@kuntala.fi ",)) -> MailboxComparison:
    for person, known in city.people.items():
        city.people[person] = replace(known, email_city=f"{person}@kuntala.fi")
    return compared(city, at, mailboxes)["a"].mailbox


def told(one: LaptopComparison | MailboxComparison) -> tuple[str, str, str]:
    return one.match, str(one.why.fact), one.why.rule


@pytest.mark.parametrize(
    ("city", "at", "match", "why", "rule"),
    [
        (City().seat("a").laptop("L", "a"), NOW, "ok", "Entitled by council/ordinary, and has L.", "P8"),
        (City().seat("a"), NOW, "missing", "Entitled by council/ordinary, and no laptop is issued.", "P8"),
        (
            City().seat("a", seat="deputy"),
            NOW,
            "ok",
            "No seat entitles to a laptop, and none is issued.",
            "P8",
        ),
        (
            City().seat("a", seat="deputy").laptop("L", "a"),
            NOW,
            "excess",
            "Has L without a right to it.",
            "P22",
        ),
        (
            City().seat("a", until=TERM_ENDS).laptop("L", "a"),
            LATER,
            "excess",
            "Has L without a right to it.",
            "P22",
        ),
        (
            City().seat("a").laptop("L2", "a").laptop("L1", "a"),
            NOW,
            "excess",
            "Has more than one laptop: L1, L2.",
            "P8",
        ),
        (City().seat("a", choice="own"), NOW, "own_device", "Uses an own computer.", "P16"),
        (
            City().seat("a", choice="own").laptop("L", "a"),
            NOW,
            "excess",
            "Uses an own computer, and has yet to return L.",
            "P16",
        ),
        (
            City().seat("a", until=TERM_ENDS).seat("a", since="2029-08-01").laptop("L", "a"),
            LATER,
            "ok",
            "Keeps L: a new right to it begins.",
            "P13",
        ),
        (
            City().seat("a", status="suspended").laptop("L", "a"),
            NOW,
            "ok",
            "Suspended from office: L is locked, and stays.",
            "P19",
        ),
    ],
)
def test_a_right_to_a_laptop_is_compared_with_what_is_issued(
    city: City, at: str, match: str, why: str, rule: str
) -> None:
    assert told(laptop(city, at)) == (match, why, rule)


@pytest.mark.parametrize("gone", ["returned", "lost", "stolen"])
def test_what_came_back_or_is_lost_is_not_issued(gone: str) -> None:
    found = laptop(City().seat("a").laptop("L", "a", until="2026-01-01", reason=gone))
    assert (found.serials, found.match) == ((), Match.MISSING)


def test_a_borrowed_laptop_is_its_holder_s() -> None:
    city = City().seat("a").seat("b", seat="deputy").laptop("L", "a").lend("L", "b", since="2026-12-01")
    found = compared(city)
    assert (found["a"].laptop.serials, found["b"].laptop.serials) == (("L",), ())
    assert found["b"].laptop.match is Match.OK


def test_terminals_and_peripherals_are_no_laptops() -> None:
    city = City().seat("a").device("T", "terminal").device("P", "peripheral")
    city.hand_over("T", "a", since="2026-01-01").hand_over("P", "a", since="2026-01-01")
    assert laptop(city).match is Match.MISSING


ENDED = City().seat("a", until=TERM_ENDS)


@pytest.mark.parametrize(
    ("city", "at", "there", "match", "why"),
    [
        (
            City().seat("a", seat="deputy"),
            NOW,
            True,
            "ok",
            "Entitled by council/deputy, and has a@kuntala.fi.",
        ),
        (
            City().seat("a"),
            NOW,
            False,
            "missing",
            "Entitled by council/ordinary, and the directory has no mailbox a@kuntala.fi.",
        ),
        (
            City().seat("a", "election"),
            NOW,
            False,
            "ok",
            "No seat entitles to a mailbox, and there is none.",
        ),
        (City().seat("a", "election"), NOW, True, "excess", "Has a@kuntala.fi without a right to it."),
        (ENDED, LATER, True, "ok", "The mailbox a@kuntala.fi closes at 2029-07-02T21:00:00Z."),
        (ENDED, "2029-07-03", True, "excess", "Has a@kuntala.fi without a right to it."),
        (
            City().seat("a", until=TERM_ENDS).hold("a", since="2029-06-01"),
            "2029-07-03",
            True,
            "ok",
            "The mailbox a@kuntala.fi is kept: its closing is barred.",
        ),
        (
            City().seat("a", until=TERM_ENDS, employee=True),
            "2029-07-03",
            True,
            "ok",
            "a@kuntala.fi is a staff account, which stays.",
        ),
        (
            City().seat("a", status="suspended"),
            NOW,
            True,
            "ok",
            "Suspended from office: the mailbox a@kuntala.fi is kept.",
        ),
    ],
)
def test_a_right_to_a_mailbox_is_compared_with_the_directory(
    city: City, at: str, there: bool, match: str, why: str
) -> None:
    found = mailbox(city, at, ["A@kuntala.fi "] if there else ["other@kuntala.fi"])
    assert (found.match, str(found.why.fact), found.exists) == (match, why, there)


def test_a_directory_that_is_not_known_is_told_as_not_known() -> None:
    found = compared(City().seat("a"))["a"].mailbox
    assert (found.exists, *told(found)) == (None, "unknown", "The directory's mailboxes are not known.", "P9")


def test_somebody_without_an_address_is_missing_a_mailbox() -> None:
    found = compared(City().seat("a"), mailboxes=[])["a"].mailbox
    assert told(found) == (
        "missing",
        "Entitled by council/ordinary, and the register knows no city address.",
        "P9",
    )


def test_everybody_of_the_register_is_compared_by_id() -> None:
    found = compared(City().seat("b").seat("a", "election"))
    assert [(one.person, one.name) for one in found.values()] == [("a", "A Esimerkki"), ("b", "B Esimerkki")]
    assert PersonId("a") in found
