"""What was carried out on facts that were corrected afterwards."""

from datetime import datetime, timedelta

import pytest

from fakes.city import City, day_end, instant, policy
from tenure_server.domain.facts import Facts
from tenure_server.domain.incident import (
    ActKind,
    ExecutedAct,
    Incident,
    Slices,
    closed,
    incident_of,
    is_justified,
    task_of,
    what_happened,
)
from tenure_server.domain.message import Message

END, NOW = day_end("2029-04-30"), instant("2029-05-20")


def ended(until: str = "2029-04-30", **more: object) -> Facts:
    city = City().seat("aino", until=until, **more).laptop("L1", "aino")  # type: ignore[arg-type]
    return city.facts()


def act(kind: ActKind, at: datetime, subject: str = "L1") -> ExecutedAct:
    return ExecutedAct(kind=kind, subject=subject, at=at, ordered_at=END - timedelta(days=9), reference="1/x")


def found(one: ExecutedAct, before: Facts, after: Facts) -> Incident | None:
    return incident_of(one, before, after, policy(), NOW)


ACTS = [
    act(ActKind.LOCKED, END),
    act(ActKind.WIPED, END + timedelta(days=1)),
    act(ActKind.CHARGED, instant("2029-06-02")),
    act(ActKind.SIGN_IN_BLOCKED, END, "aino"),
    act(ActKind.MAILBOX_CLOSED, instant("2029-06-02"), "aino"),
]


@pytest.mark.parametrize("one", ACTS, ids=lambda one: one.kind.value)
def test_what_the_facts_of_today_lead_to_is_no_incident(one: ExecutedAct) -> None:
    assert is_justified(one, ended(), policy())
    assert found(one, ended(), ended()) is None


@pytest.mark.parametrize("one", ACTS, ids=lambda one: one.kind.value)
def test_what_ran_and_would_not_have_is_an_incident_that_explains_itself(one: ExecutedAct) -> None:
    incident = found(one, ended(), ended("2033-05-31"))
    assert incident is not None
    assert (incident.kind, incident.subject, incident.holder) == (one.kind, one.subject, "aino")
    assert (incident.ran_at, incident.ordered_at, incident.at) == (one.at, one.ordered_at, NOW)
    assert incident.was
    assert incident.now
    assert incident.was != incident.now
    assert one.subject in str(what_happened(incident))
    assert one.at.isoformat() in str(what_happened(incident))


def test_what_never_rested_on_these_facts_is_no_incident() -> None:
    """A person locked it, or it waits for one after a reinstall."""
    sitting = ended("2033-05-31")
    assert found(act(ActKind.LOCKED, END), sitting, sitting) is None


def test_a_hold_that_stood_already_makes_a_wipe_an_incident_and_no_lock() -> None:
    held = (
        City().seat("aino", until="2029-04-30").laptop("L1", "aino").hold("aino", since="2029-04-01").facts()
    )
    assert found(act(ActKind.WIPED, END + timedelta(days=1)), ended(), held) is not None
    assert found(act(ActKind.LOCKED, END), ended(), held) is None


def test_a_hold_of_later_makes_no_incident() -> None:
    held = (
        City().seat("aino", until="2029-04-30").laptop("L1", "aino").hold("aino", since="2029-05-10").facts()
    )
    assert found(act(ActKind.WIPED, END + timedelta(days=1)), ended(), held) is None


def test_a_custody_that_was_another_persons_makes_the_lock_an_incident() -> None:
    theirs = City().seat("aino", until="2029-04-30").seat("eero", until="2033-05-31").laptop("L1", "eero")
    incident = found(act(ActKind.LOCKED, END), ended(), theirs.facts())
    assert incident is not None
    assert incident.holder == "aino"


def test_an_end_that_was_earlier_than_known_makes_no_incident() -> None:
    assert found(act(ActKind.LOCKED, END), ended(), ended("2029-03-31")) is None


def test_a_slice_plans_as_the_whole_does() -> None:
    city = City().hold("p3", since="2029-01-01").agree("point", since="2025-06-01", until="2029-02-28")
    for number in range(6):
        city.seat(f"p{number}", until=f"2029-04-{number + 10}").laptop(f"L{number}", f"p{number}")
    city.lend("L1", "p2", since="2029-01-01").device("T", "terminal")
    city.hand_over("T", "point", since="2025-06-01", holder_type="location")
    facts = city.facts()
    slices = Slices(facts)
    for serial in ("L1", "L3", "T"):
        for kind in (ActKind.LOCKED, ActKind.WIPED):
            one = act(kind, instant("2029-04-15"), serial)
            assert is_justified(one, slices.about(serial), policy()) == is_justified(one, facts, policy())
    assert {row.serial for row in slices.about("p2").custody} == {"L1", "L2"}


def test_its_task_names_it_and_closing_keeps_who_and_what() -> None:
    incident = found(ACTS[0], ended(), ended("2033-05-31"))
    assert incident is not None
    task = task_of(incident)
    assert (task.subject, task.reference, task.is_open) == ("L1", "locked/L1/1/x", True)
    assert isinstance(task.why, Message)
    done = closed(incident, NOW, by="it", note="a new laptop")
    assert (incident.is_open, done.is_open, done.closed_by, done.note) == (True, False, "it", "a new laptop")
