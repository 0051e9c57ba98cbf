from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from fakes import stored
from tenure_server.adapters.storable_visit import refuse_what_cannot_be_stored
from tenure_server.domain.errors import InputError


def test_a_visit_as_laptops_make_them_is_storable() -> None:
    refuse_what_cannot_be_stored(stored.visit())
    refuse_what_cannot_be_stored(
        stored.visit(held_seq=None, held_digest=None, lock_id=None, clock_trusted=None)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"visit": 2**63},
        {"keys_number": -1},
        {"held_seq": 2**70},
        {"held_digest": "a\0"},
        {"clock_wall": datetime(1, 1, 1, tzinfo=UTC)},
        {"clock_trusted": datetime(9999, 12, 31, tzinfo=UTC)},
    ],
)
def test_a_visit_that_some_database_cannot_hold_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        refuse_what_cannot_be_stored(replace(stored.visit(), **changes))
