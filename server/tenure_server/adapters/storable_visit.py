"""Which visits every database can store: what none can must fail nobody else's. Pure: no I/O."""

from datetime import MAXYEAR, MINYEAR

from tenure_server.domain.device import LastVisit
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say

GREATEST = 2**63 - 1


def refuse_what_cannot_be_stored(visit: LastVisit) -> None:
    """Refuse a visit with a number, text or moment that a database does not hold.

    Raises:
        InputError: It holds one.
    """
    numbers = (visit.epoch, visit.visit, visit.keys_number, visit.held_seq or 0)
    texts = (visit.agent_version, visit.held_digest or "", visit.lock_id or "")
    moments = (moment for moment in (visit.clock_trusted, visit.clock_wall) if moment is not None)
    storable = all(0 <= number <= GREATEST for number in numbers) and not any("\0" in text for text in texts)
    if not storable or any(not MINYEAR < moment.year < MAXYEAR for moment in moments):
        raise InputError(say(N_("The visit holds a number or text that cannot be stored.")))
