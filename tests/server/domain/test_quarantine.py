"""Rows that are set aside, and what people decided about them."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.city import City, day_end
from tenure_server.domain.facts import Facts, Quarantined
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import EndBasis, Mandate, Person
from tenure_server.domain.message import say
from tenure_server.domain.person_match import answered, row_id
from tenure_server.domain.quarantine import (
    Decisions,
    RowRuling,
    Settled,
    Verdict,
    is_shadow,
    lent_rows,
    quarantine_of,
    settle,
    source_digest,
)
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.register_change import mandate_key, register_change

AT = datetime(2029, 3, 1, 9, tzinfo=UTC)


def named(city: City, person: str, given: str = "Aino") -> City:
    city.people[PersonId(person)] = Person(id=PersonId(person), given_name=given, family_name="Esimerkki")
    return city


def read_of(city: City) -> RegisterRead:
    quarantine = tuple(
        Quarantined(row=row.row or 0, column="end_basis", why=say("why"))
        for row in city.mandates
        if row.quarantined
    )
    return RegisterRead(
        people=dict(city.people),
        bodies=dict(city.bodies),
        mandates=tuple(city.mandates),
        quarantine=quarantine,
    )


def known() -> Facts:
    return named(City().seat("old", until="2029-05-31"), "old").facts()


def doubtful() -> City:
    """A file in which a new id bears old's name."""
    city = City().seat("old", until="2029-05-31").seat("new", since="2029-06-01", until="2033-05-31")
    return named(named(city, "old"), "new")


def settled(city: City, current: Facts, *more: object) -> Settled:
    matches = {one.id: one for one in more if not isinstance(one, RowRuling)}
    rulings = {one.id: one for one in more if isinstance(one, RowRuling)}
    return settle(read_of(city), current, Decisions(matches=matches, rulings=rulings), AT)  # type: ignore[arg-type]


def ruling(row: Mandate, verdict: Verdict = Verdict.END, **facts: object) -> RowRuling:
    made = {"id": row_id(row), "person": row.person, "verdict": verdict, "source": source_digest(row)}
    return RowRuling(**{**made, "at": AT, "by": "secretary", **facts})  # type: ignore[arg-type]


def of(person: str, found: Settled) -> list[Mandate]:
    return [row for row in found.read.mandates if row.person == person]


def test_a_row_in_doubt_entitles_whomever_it_may_concern_and_ends_nothing() -> None:
    found = settled(doubtful(), known())
    (match,) = found.asked
    (own,) = of("new", found)
    mine, lent = of("old", found)
    assert match.candidates == ("old",)
    assert (own.quarantined, lent.quarantined, mine.quarantined) == (True, True, False)
    assert (lent.start, lent.end, is_shadow(lent)) == (own.start, None, True)
    assert [one.column for one in found.read.quarantine] == ["person_ext_id"]


def test_a_lent_row_never_takes_the_place_of_a_row_of_ones_own() -> None:
    city = named(named(City().seat("old", until="2029-05-31").seat("new"), "old"), "new")
    found = settled(city, known())
    assert [row.quarantined for row in of("old", found)] == [False]


def test_a_new_person_is_taken_as_they_are_and_nothing_is_lent_any_more() -> None:
    first = settled(doubtful(), known())
    change = register_change(known(), first.read, AT, register_date=AT)
    answer = answered(first.asked[0], PersonId("new"), at=AT, by="secretary", reason="")

    found = settled(doubtful(), change.facts, answer)
    after = register_change(
        change.facts, found.read, AT, register_date=AT, gone=found.gone, others=found.others
    )

    assert [row.quarantined for row in after.facts.mandates] == [False, False]
    assert [row.person for row in after.removed] == ["old"]
    assert after.bar is None


def test_a_known_person_gets_the_rows_and_the_sources_id_is_forgotten() -> None:
    first = settled(doubtful(), known())
    change = register_change(known(), first.read, AT, register_date=AT)
    answer = answered(first.asked[0], PersonId("old"), at=AT, by="secretary", reason="")

    found = settled(doubtful(), change.facts, answer)
    after = register_change(
        change.facts, found.read, AT, register_date=AT, gone=found.gone, others=found.others
    ).facts

    assert {row.person for row in after.mandates} == {"old"}
    assert not any(row.quarantined for row in after.mandates)
    assert set(after.people) == {"old"}


def test_whoever_deputises_for_a_matched_person_deputises_for_the_right_one() -> None:
    first = settled(doubtful(), known())
    answer = answered(first.asked[0], PersonId("old"), at=AT, by="secretary", reason="")
    city = doubtful().seat("dep", seat="deputy")
    city.mandates[-1] = replace(city.mandates[-1], deputy_for=PersonId("new"))

    assert of("dep", settled(city, known(), answer))[0].deputy_for == "old"


def test_two_rows_that_become_one_mandate_with_other_facts_end_nothing() -> None:
    city = named(named(City().seat("old", until="2029-05-31").seat("new", until="2028-01-31"), "old"), "new")
    first = settled(city, known())
    answer = answered(first.asked[0], PersonId("old"), at=AT, by="secretary", reason="")

    (row,) = of("old", settled(city, known(), answer))

    assert row.quarantined


def test_a_row_that_was_settled_ends_as_people_said() -> None:
    city = City().seat("a", until="2029-04-30", basis=None)
    said = ruling(city.mandates[0], basis=EndBasis.RESIGNATION, end_decision_ref="KV 4 §")
    found = settled(city, known(), said)
    (row,) = of("a", found)
    assert (row.quarantined, row.basis, row.end_decision_ref) == (False, EndBasis.RESIGNATION, "KV 4 §")
    assert row.end == day_end("2029-04-30")
    assert found.read.quarantine == ()


def test_another_last_day_may_be_said() -> None:
    city = City().seat("a", until="2029-04-30", basis=None)
    said = ruling(city.mandates[0], basis=EndBasis.FIXED, end=day_end("2029-05-15"))
    assert of("a", settled(city, known(), said))[0].end == day_end("2029-05-15")


def test_a_decision_lapses_when_the_row_reads_otherwise() -> None:
    before = City().seat("a", until="2029-04-30", basis=None)
    said = ruling(before.mandates[0], basis=EndBasis.FIXED)
    found = settled(City().seat("a", until="2029-05-05", basis=None), known(), said)
    assert [one.lapsed_at for one in found.lapsed] == [AT]
    assert of("a", found)[0].quarantined
    assert len(found.read.quarantine) == 1


def test_a_row_that_the_source_put_right_needs_no_decision_any_more() -> None:
    before = City().seat("a", until="2029-04-30", basis=None)
    found = settled(
        City().seat("a", until="2029-04-30"), known(), ruling(before.mandates[0], basis=EndBasis.FIXED)
    )
    assert not of("a", found)[0].quarantined


def test_a_row_that_was_dropped_is_out_of_the_register() -> None:
    city = City().seat("a", until="2029-04-30", basis=None).seat("b")
    found = settled(city, city.facts(), ruling(city.mandates[0], Verdict.DROP))
    change = register_change(city.facts(), found.read, AT, register_date=AT, gone=found.gone)
    assert [row.person for row in change.facts.mandates] == ["b"]
    assert [row.person for row in change.removed] == ["a"]
    assert change.unmatched == ()


def test_a_dropped_row_that_reads_otherwise_is_set_aside_and_never_taken_in_silently() -> None:
    before = City().seat("a", until="2029-04-30", basis=None)
    dropped = ruling(before.mandates[0], Verdict.DROP)
    now = City().seat("a", until="2029-04-30")
    assert of("a", settled(now, known(), dropped))[0].quarantined

    accepted = ruling(now.mandates[0], Verdict.ACCEPT)
    assert not of("a", settled(now, known(), accepted))[0].quarantined


def test_which_rows_are_only_lent_is_told() -> None:
    first = settled(doubtful(), known())
    decisions = Decisions(matches={one.id: one for one in first.asked})
    assert {key[0] for key in lent_rows(first.read.mandates, decisions)} == {"old"}
    assert len(lent_rows(first.read.mandates, decisions)) == 1


def test_what_was_set_aside_is_told_again_without_its_file() -> None:
    city = City().seat("a", until="2029-04-30", basis=None).seat("b")
    assert [(one.row, one.column) for one in quarantine_of(city.mandates)] == [(2, "end_basis")]


@settings(deadline=None)
@given(st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7)), st.booleans())
def test_taking_the_same_rows_in_again_changes_nothing(
    doubted: set[int], bad: set[int], answers: bool
) -> None:
    """Whatever is in doubt, and whether or not people answered."""
    before, after = City(), City()
    for number in range(8):
        named(before.seat(f"p{number}", until="2029-05-31"), f"p{number}", f"Aino{number}")
        named(after.seat(f"p{number}", until="2029-05-31"), f"p{number}", f"Aino{number}")
    for number in sorted(doubted):
        basis = None if number in bad else "term"
        after.seat(f"n{number}", since="2029-06-01", until="2033-05-31", basis=basis)
        named(after, f"n{number}", f"Aino{number}")
    facts, matches = before.facts(), {}
    results = []
    for _ in range(3):
        found = settle(read_of(after), facts, Decisions(matches=matches), AT)
        facts = register_change(
            facts, found.read, AT, register_date=AT, gone=found.gone, others=found.others
        ).facts
        matches.update({one.id: one for one in found.asked})
        if answers:
            matches = {
                id_: answered(one, one.candidates[0], at=AT, by="s", reason="")
                for id_, one in matches.items()
            }
        results.append(facts)
    assert results[2] == results[1]
    if not answers:
        assert results[1] == results[0]
        assert {mandate_key(row) for row in after.mandates} <= {mandate_key(row) for row in facts.mandates}


def test_a_namesakes_suspension_or_choice_of_a_computer_is_lent_to_nobody() -> None:
    for facts in ({"status": "suspended"}, {"choice": "own"}, {"choice": "none"}):
        city = City().seat("old", until="2029-05-31").seat("new", "board", since="2029-02-01", **facts)
        found = settled(named(named(city, "old"), "new"), known())
        sitting = City().laptop("L1", "old")
        sitting.people, sitting.mandates = dict(found.read.people), list(found.read.mandates)
        plan = sitting.plan("2029-03-01")
        (old,) = [one for one in plan.people if one.person == "old"]
        assert (old.laptop.entitled, old.mailbox.entitled) == (True, True)
        assert all(step.rule != "P16" for step in old.timeline)
