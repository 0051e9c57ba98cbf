from dataclasses import replace
from datetime import timedelta
from typing import Any

from fakes import stored
from fakes.stored import BEGAN, NOW
from tenure_server.adapters.memory.state import MANDATES
from tenure_server.adapters.memory.versions import Versions
from tenure_server.domain.mandate import Mandate

DAY = timedelta(days=1)
SEAT = stored.mandate(end=None, row=2)
EMPTY: Versions[Mandate] = Versions(MANDATES)


def everything(_: Any) -> bool:
    return True


def test_what_says_nothing_new_makes_no_version() -> None:
    versions = EMPTY.put(SEAT, BEGAN)
    assert versions.put(replace(SEAT, row=9), NOW) is versions
    assert versions.replaced([SEAT], NOW) is versions


def test_a_row_that_moved_in_its_file_is_refreshed_without_a_version() -> None:
    versions = EMPTY.replaced([SEAT], BEGAN).replaced([replace(SEAT, row=9)], NOW)
    assert versions.now() == (replace(SEAT, row=9),)
    assert versions.history(everything) == [(replace(SEAT, row=9), BEGAN, None)]


def test_a_version_that_somebody_holds_stays_what_it_was() -> None:
    before = EMPTY.put(SEAT, BEGAN)
    after = before.put(replace(SEAT, end=NOW), BEGAN + DAY)
    other = before.replaced([], BEGAN + 2 * DAY)
    assert before.now() == before.at(NOW) == (SEAT,)
    assert (after.at(BEGAN), after.at(NOW)) == ((SEAT,), (replace(SEAT, end=NOW),))
    assert (other.now(), other.at(BEGAN + DAY), other.at(BEGAN + 2 * DAY)) == ((), (SEAT,), ())
    assert before.history(everything) == [(SEAT, BEGAN, None)]
    assert after.history(everything)[0] == (SEAT, BEGAN, BEGAN + DAY)


def test_versions_of_one_moment_are_told_as_they_were_recorded() -> None:
    first, second = replace(SEAT, start=BEGAN), replace(SEAT, start=BEGAN - DAY)
    versions = EMPTY.replaced([first, second], NOW).put(replace(second, end=NOW), NOW).replaced([first], NOW)
    told = [(fact.start, fact.end) for fact, *_ in versions.history(everything)]
    assert told == [(BEGAN, None), (BEGAN - DAY, None), (BEGAN - DAY, NOW)]
