"""How many ends at once are too many to pass without a named list. Pure: no I/O, no clock."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

_DAY = timedelta(days=1)


def campaign_moments(ends: Iterable[datetime], campaign_over: int) -> frozenset[datetime]:
    """Return the moments that belong to a campaign: more than so many devices end within a day of time."""
    counts = Counter(ends)
    moments = sorted(counts)
    found: set[datetime] = set()
    beyond = within = marked = 0
    for first, moment in enumerate(moments):
        while beyond < len(moments) and moments[beyond] - moment < _DAY:
            within += counts[moments[beyond]]
            beyond += 1
        if within > campaign_over:
            # Windows overlap: only what no earlier window marked, so that the marking stays linear.
            found.update(moments[max(first, marked) : beyond])
            marked = beyond
        within -= counts[moment]
    return frozenset(found)
