"""Which laptops a person must fetch because their wipe keeps failing (case 28). Pure: no I/O, no clock.

The agent tries a failed wipe again by itself. After `ATTEMPTS` failures under one lock, with no proof since,
a person is asked to erase the laptop by hand. All of that is in the receipts, so looking twice asks once.
"""

from collections.abc import Sequence
from datetime import timedelta

from tenure_policies.payloads import Act, Outcome
from tenure_server.domain.device import StoredReceipt
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.task import Task, TaskKind

ATTEMPTS = 3
ERASED_WITHIN = timedelta(days=14)


def physical_wipe(serial: Serial, receipts: Sequence[StoredReceipt]) -> Task | None:
    """Return the task that a laptop's receipts call for, the same one however often they are looked at.

    Args:
        serial: The laptop.
        receipts: Its receipts of all epochs, oldest first.
    """
    wipes = [one for one in receipts if one.act == Act.WIPE.value]
    if not wipes:
        return None
    newest = max(wipes, key=lambda one: (one.epoch, one.number))
    same_lock = [one for one in wipes if (one.epoch, one.lock_id) == (newest.epoch, newest.lock_id)]
    if any(one.proven for one in same_lock):
        return None
    failed = sorted(
        (one for one in same_lock if one.outcome == Outcome.FAILED.value), key=lambda one: one.number
    )
    if len(failed) < ATTEMPTS:
        return None
    last_straw = failed[ATTEMPTS - 1]
    sentence = N_("The wipe of {serial} failed {times} times: fetch the laptop and erase it by hand.")
    return Task(
        kind=TaskKind.PHYSICAL_WIPE,
        subject=serial,
        at=last_straw.received_at,
        due=last_straw.received_at + ERASED_WITHIN,
        why=say(sentence, serial=serial, times=ATTEMPTS),
        rule="P19",
        reference=last_straw.lock_id,
    )
