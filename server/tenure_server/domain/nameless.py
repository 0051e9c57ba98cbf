"""Text that lasts, without names: a provisional id is told by its digest. Pure: no I/O, no clock.

A person of a source without ids is called `name:<family>/<given>/<email>`. The log can never be shortened, so
neither this id nor what is named after it may stand there as it is.
"""

import hashlib
import re

from tenure_server.domain.mapped_table import PROVISIONAL

_PROVISIONAL_ID = re.compile(rf"{PROVISIONAL}[^/]*/[^/]*/[^/]*")


def nameless(text: str) -> str:
    """Return the text with each provisional id, alone or as a part of another id, as a digest."""
    return _PROVISIONAL_ID.sub(_digest, text) if PROVISIONAL in text else text


def _digest(found: re.Match[str]) -> str:
    return PROVISIONAL + hashlib.sha256(found[0].encode()).hexdigest()[:16]
