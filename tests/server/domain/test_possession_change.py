from dataclasses import replace

import pytest

from fakes.city import City
from tenure_server.domain.facts import Facts
from tenure_server.domain.possession_change import PossessionChange, possession_change


def change(before: City, after: City) -> PossessionChange:
    return possession_change(before.facts(), after.facts())


def known() -> City:
    return (
        City()
        .laptop("L1", "aino")
        .device("L2")
        .agree("point", since="2025-09-01", until="2026-02-27")
        .hold("aino", since="2029-01-01")
    )


def test_the_same_lists_change_nothing() -> None:
    assert change(known(), known()).nothing


def test_where_a_row_stands_in_its_file_is_no_fact() -> None:
    moved = known()
    moved.custody = [replace(row, row=17) for row in moved.custody]
    moved.agreements = [replace(row, row=17) for row in moved.agreements]
    moved.holds = [replace(row, row=17) for row in moved.holds]

    assert change(known(), moved).nothing


def test_missing_rows_end_nothing() -> None:
    assert change(known(), City()).nothing


def test_a_new_price_or_model_is_taken_in() -> None:
    (asset,) = change(known(), City().device("L2", model="Kaisla 15")).assets

    assert (asset.serial, asset.model) == ("L2", "Kaisla 15")


def test_an_open_custody_is_ended_by_a_list() -> None:
    returned = City().hand_over("L1", "aino", since="2025-06-02", until="2029-02-01", reason="returned")

    (row,) = change(known(), returned).custody

    assert row.end is not None


def test_an_ended_custody_is_never_reopened_nor_ended_otherwise() -> None:
    before = City().hand_over("L1", "aino", since="2025-06-02", until="2029-02-01", reason="returned")
    still_open = City().hand_over("L1", "aino", since="2025-06-02")
    lost = City().hand_over("L1", "aino", since="2025-06-02", until="2029-01-01", reason="lost")

    for offered in (still_open, lost):
        result = change(before, offered)
        assert result.nothing
        assert [row.serial for row in result.kept] == ["L1"]


def test_two_holders_at_once_are_refused_with_the_row() -> None:
    result = change(known(), City().hand_over("L1", "bert", since="2026-01-01"))

    (finding,) = result.findings
    assert "take it back first" in str(finding.why)


def test_a_list_may_end_one_custody_and_begin_the_next() -> None:
    both = (
        City()
        .hand_over("L1", "aino", since="2025-06-02", until="2026-01-01", reason="returned")
        .hand_over("L1", "bert", since="2026-01-01")
    )

    result = change(known(), both)

    assert result.findings == ()
    assert [row.holder for row in result.custody] == ["aino", "bert"]


def test_a_loan_beside_the_holder_is_no_second_custodian() -> None:
    assert change(known(), City().lend("L1", "disa", since="2029-02-01")).findings == ()


def test_an_extended_agreement_replaces_itself_and_keeps_the_others() -> None:
    before = known().agree("other", since="2025-09-01", until=None)

    result = change(before, City().agree("point", since="2025-09-01", until="2027-02-26"))

    assert result.changed_agreements == 1
    assert {row.location for row in result.agreements} == {"point", "other"}


def test_a_hold_is_lifted_by_its_end_and_not_by_its_absence() -> None:
    (lifted,) = change(known(), City().hold("aino", since="2029-01-01", until="2029-02-01")).holds

    assert lifted.end is not None


def test_no_lists_are_no_facts() -> None:
    assert possession_change(known().facts(), Facts(people={}, bodies={}, mandates=())).nothing


@pytest.mark.parametrize("until", [None, "2029-12-31"])
def test_a_list_never_ends_a_hold_sooner_than_the_person_said_who_made_it_longer(until: str | None) -> None:
    listed = City().hold("aino", since="2029-01-01", until="2029-02-01")
    listed.holds = [replace(row, row=2) for row in listed.holds]
    by_hand = City().hold("aino", since="2029-01-01", until=until)

    assert change(by_hand, listed).holds == ()
    assert change(listed, by_hand).holds == tuple(by_hand.holds)


def test_a_list_makes_its_own_hold_shorter_or_longer() -> None:
    listed = City().hold("aino", since="2029-01-01", until="2029-03-01")
    listed.holds = [replace(row, row=2) for row in listed.holds]
    for until in ("2029-02-01", "2029-04-01"):
        other = City().hold("aino", since="2029-01-01", until=until)
        other.holds = [replace(row, row=7) for row in other.holds]
        assert change(listed, other).holds == tuple(other.holds)


@pytest.mark.parametrize("kind", ["laptop", "terminal"])
def test_what_was_handed_over_never_becomes_a_peripheral_which_would_not_lock(kind: str) -> None:
    before = City().device("L1", kind=kind).hand_over("L1", "aino", since="2025-06-02")
    found = change(before, City().device("L1", kind="peripheral"))

    (finding,) = found.findings
    assert (finding.file, finding.column) == ("devices", "kind")
    assert "L1" in str(finding.why)
    assert change(City().device("L2"), City().device("L2", kind="peripheral")).findings == ()
