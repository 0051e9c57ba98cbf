from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.city import City, instant
from fakes.town import TERM_END, Town, town
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.stay import Stay, StayKind, StaySubject
from tenure_server.usecases.set_stay import LONGEST_MEETING, SetStay, lift_stay, set_stay, stays

HOUR = timedelta(hours=1)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(City().seat("aino", until="2029-05-31").laptop("L1", "aino"))
        started.goes_to(TERM_END - 3 * HOUR)
        yield started


async def wish(here: Town, **facts: Any) -> Stay:
    fields: dict[str, Any] = {
        "kind": StayKind.MEETING,
        "subject_type": StaySubject.BODY,
        "subject": "council",
        "reference": "KV 31.5.",
        "until": here.now + HOUR,
    }
    return await set_stay(here.store, here.clock, here.terms.zone, SetStay(**{**fields, **facts}))


async def lift(here: Town, kind: StayKind = StayKind.MEETING) -> Sequence[Stay]:
    subject = ("", StaySubject.MUNICIPALITY) if kind is StayKind.APPEAL else ("council", StaySubject.BODY)
    return await lift_stay(here.store, here.clock, kind=kind, subject=subject[0], subject_type=subject[1])


@pytest.mark.parametrize(
    ("set_at", "until", "begins"),
    [
        ("2029-05-31T18:00:00+03:00", "2029-06-01T02:00:00+03:00", "2029-05-31T18:00:00+03:00"),
        ("2029-05-31T23:59:59+03:00", "2029-06-01T02:00:00+03:00", "2029-05-31T23:59:59+03:00"),
        ("2029-06-01T00:20:00+03:00", "2029-06-01T02:00:00+03:00", "2029-06-01"),
        ("2029-06-01T13:00:00+03:00", "2029-06-01T15:00:00+03:00", "2029-06-01T13:00:00+03:00"),
    ],
)
async def test_a_meeting_begins_now_or_at_the_midnight_that_it_ran_over(
    here: Town, set_at: str, until: str, begins: str
) -> None:
    here.goes_to(instant(set_at))
    assert (await wish(here, until=instant(until))).start == instant(begins)


async def test_a_beginning_that_is_told_is_taken(here: Town) -> None:
    since = here.now - 2 * HOUR
    assert (await wish(here, since=since)).start == since


async def test_a_meeting_does_not_reach_back_to_an_end_of_long_ago(here: Town) -> None:
    await here.enrol("L1")
    await here.lives_to("2029-06-20")
    with pytest.raises(RefusedError, match="--since"):
        await wish(here, since=TERM_END - HOUR)

    await here.sweep()

    assert (await here.latest("L1")).state == "locked"


async def test_a_meeting_that_runs_on_is_one_stay(here: Town) -> None:
    first = await wish(here)
    second = await wish(here, until=here.now + 2 * HOUR)
    assert (second.start, second.end) == (first.start, here.now + 2 * HOUR)
    assert list(await stays(here.store)) == [second]


async def test_what_is_lifted_is_over_now_and_can_be_set_again(here: Town) -> None:
    await wish(here)
    here.goes_to(here.now + timedelta(minutes=1))
    (ended,) = await lift(here)
    assert ended.end == here.now
    with pytest.raises(ConflictError):
        await lift(here)
    here.goes_to(here.now + timedelta(minutes=1))
    await wish(here)
    assert len(await stays(here.store)) == 2


async def test_a_stay_lifted_in_the_moment_it_was_set_never_stood(here: Town) -> None:
    await wish(here, kind=StayKind.APPEAL, subject_type=StaySubject.MUNICIPALITY, subject="", until=None)
    (ended,) = await lift(here, StayKind.APPEAL)
    assert not ended.stands(here.now)


async def test_the_log_tells_who_waits_why_and_until_when(here: Town) -> None:
    await wish(here)
    await lift(here)
    told = [one.entry for one in await here.log() if one.entry.kind.value.startswith("stay")]
    assert [(one.kind.value, one.subject, one.fields["reference"]) for one in told] == [
        ("stay_set", "council", "KV 31.5."),
        ("stay_lifted", "council", "KV 31.5."),
    ]
    assert told[0].fields["until"] == (here.now + HOUR).isoformat()


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"subject": "unknown"}, NotFoundError),
        ({"subject_type": StaySubject.PERSON, "subject": "nobody"}, NotFoundError),
        ({"kind": StayKind.DISPUTE, "subject_type": StaySubject.DEVICE, "subject": "L9"}, NotFoundError),
        ({"subject_type": StaySubject.MUNICIPALITY, "subject": ""}, RefusedError),
        ({"reference": "  "}, RefusedError),
        ({"until": None}, RefusedError),
        ({"until": TERM_END - 3 * HOUR}, RefusedError),
        ({"until": TERM_END - 3 * HOUR + LONGEST_MEETING + HOUR}, RefusedError),
    ],
)
async def test_what_can_be_no_stay_is_refused_and_nothing_written(
    here: Town, facts: dict[str, Any], error: type[Exception]
) -> None:
    log = await here.kinds()
    with pytest.raises(error):
        await wish(here, **facts)
    assert (list(await stays(here.store)), await here.kinds()) == ([], log)
