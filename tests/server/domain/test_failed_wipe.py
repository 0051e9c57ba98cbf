from dataclasses import replace
from datetime import timedelta

from fakes.city import instant
from tenure_server.domain.device import StoredReceipt
from tenure_server.domain.failed_wipe import physical_wipe
from tenure_server.domain.ids import DeviceId, LockId, Serial

AT = instant("2029-06-03")
FAILED = StoredReceipt(
    device=DeviceId("d"),
    epoch=1,
    number=1,
    act="wipe",
    outcome="failed",
    lock_id=LockId("a"),
    seq=2,
    by_lease=False,
    proven=False,
    at=AT,
    received_at=AT,
    error="",
    document=b"",
)


def failures(count: int, **facts: object) -> list[StoredReceipt]:
    return [
        replace(FAILED, number=number, received_at=AT + timedelta(hours=number), **facts)  # type: ignore[arg-type]
        for number in range(1, count + 1)
    ]


def test_two_failures_are_tried_again_and_the_third_calls_a_person() -> None:
    assert physical_wipe(Serial("L"), failures(2)) is None
    task = physical_wipe(Serial("L"), failures(3))
    assert task is not None
    assert (task.kind, task.subject, task.at, task.reference) == (
        "physical_wipe",
        "L",
        AT + timedelta(hours=3),
        "a",
    )


def test_more_failures_are_the_same_task() -> None:
    first, later = physical_wipe(Serial("L"), failures(3)), physical_wipe(Serial("L"), failures(9))
    assert first is not None
    assert later is not None
    assert first == later


def test_a_proof_under_the_same_lock_makes_it_needless() -> None:
    proof = replace(FAILED, number=9, outcome="done", proven=True)
    assert physical_wipe(Serial("L"), [*failures(5), proof]) is None


def test_failures_of_another_lock_or_enrolment_do_not_add_up() -> None:
    other = replace(FAILED, number=9, lock_id=LockId("b"))
    again = replace(FAILED, epoch=2, number=1)
    assert physical_wipe(Serial("L"), [*failures(2), other]) is None
    assert physical_wipe(Serial("L"), [*failures(3), again]) is None


def test_what_began_or_is_unconfirmed_is_no_failure() -> None:
    assert physical_wipe(Serial("L"), failures(5, outcome="unconfirmed")) is None
    assert physical_wipe(Serial("L"), failures(5, act="lock")) is None
    assert physical_wipe(Serial("L"), []) is None
