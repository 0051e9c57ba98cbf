"""What a person has to do, and when it is done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tenure_server.domain.message import say
from tenure_server.domain.record import decode_record, encode_record
from tenure_server.domain.task import TASKS, Task, TaskKind, done

NOON = datetime(2029, 6, 1, 9, tzinfo=UTC)


def task(**fields: object) -> Task:
    known = {"kind": TaskKind.BREACH_NOTICE, "subject": "L1", "at": NOON, "due": NOON + timedelta(hours=72)}
    return Task(**{**known, "why": say("It was stolen."), **fields})  # type: ignore[arg-type]


def test_a_task_is_named_by_what_gave_rise_to_it() -> None:
    assert task().id == task(due=None, why=say("Otherwise told."), note="x").id
    others = [task(subject="L2"), task(at=NOON + timedelta(days=1)), task(kind=TaskKind.REFUND)]
    assert len({one.id for one in [task(), *others]}) == 4


def test_a_task_is_open_until_it_is_done() -> None:
    closed = done(task(), NOON, by="helmi", note="No data was on it.")
    assert task().is_open
    assert not closed.is_open
    assert (closed.done_at, closed.done_by, closed.note) == (NOON, "helmi", "No data was on it.")
    assert closed.id == task().id


@pytest.mark.parametrize("kind", TaskKind)
def test_every_kind_of_task_is_kept_as_it_is(kind: TaskKind) -> None:
    kept = replace(task(), kind=kind)
    assert decode_record(TASKS, encode_record(kept)) == kept
