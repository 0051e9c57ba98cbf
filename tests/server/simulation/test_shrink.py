"""A story is made short without losing the breach, and in no more lives than there is time for."""

from datetime import UTC, datetime, timedelta

from tenure_server.simulation.breach import Breach, Rule
from tenure_server.simulation.happenings import Happening, Kind, Script
from tenure_server.simulation.shrink import shortest

START = datetime(2033, 5, 1, tzinfo=UTC)


def happening(number: int, kind: Kind = Kind.REBOOTED, about: str = "T001") -> Happening:
    return Happening(at=START + timedelta(hours=number), kind=kind, about=about)


def script(*happenings: Happening) -> Script:
    return Script(
        seed="1", starts=START, ends=START + timedelta(days=90), founding=(), happenings=happenings,
        laptops=("T001", "T002"),
    )  # fmt: skip


def breaks_if(*needed: Happening):  # type: ignore[no-untyped-def]
    def live(lived: Script) -> Breach | None:
        if not set(needed) <= set(lived.happenings):
            return None
        return Breach(rule=Rule.WRONGLY_WIPED, at=needed[-1].at, subject="T001")

    return live


def test_only_what_the_breach_needs_is_left() -> None:
    needed = happening(3), happening(17, Kind.LOST)
    whole = script(*(happening(number) for number in range(3)), needed[0],
                   *(happening(number, Kind.IMPORTED, "register") for number in range(4, 17)), needed[1],
                   *(happening(number) for number in range(18, 40)))  # fmt: skip
    live = breaks_if(*needed)
    breach = live(whole)
    assert breach is not None
    short = shortest(whole, breach, live, may_go_on=lambda: True)
    assert short.happenings == needed
    assert short.ends <= breach.at + timedelta(minutes=1)


def test_another_breach_than_the_one_that_was_found_does_not_count() -> None:
    first, second = happening(1), happening(2, Kind.LOST)

    def live(lived: Script) -> Breach | None:
        if first in lived.happenings:
            return Breach(rule=Rule.WRONGLY_WIPED, at=second.at, subject="T001")
        return Breach(rule=Rule.SITTING_LOCKED, at=second.at, subject="T002")

    breach = live(script(first, second))
    assert breach is not None
    assert first in shortest(script(first, second), breach, live, may_go_on=lambda: True).happenings


def test_without_time_the_story_stays_as_it_is() -> None:
    whole = script(happening(1), happening(2, Kind.LOST))
    live = breaks_if(whole.happenings[1])
    breach = live(whole)
    assert breach is not None
    assert shortest(whole, breach, live, may_go_on=lambda: False).happenings == whole.happenings
