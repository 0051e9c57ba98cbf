import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_server.domain.lifecycle import ALLOWED, CaseStatus, CaseTransitionError, advance

ROWS = {
    CaseStatus.OPEN: {CaseStatus.LOCKED, CaseStatus.CANCELLED, CaseStatus.RETURNED, CaseStatus.PROVEN},
    CaseStatus.LOCKED: {CaseStatus.CANCELLED, CaseStatus.RETURNED, CaseStatus.PROVEN},
    CaseStatus.PROVEN: set(),
    CaseStatus.CANCELLED: set(),
    CaseStatus.RETURNED: {CaseStatus.PROVEN},
}


@pytest.mark.parametrize("status", CaseStatus)
@pytest.mark.parametrize("to", CaseStatus)
def test_a_case_goes_only_where_it_may(status: CaseStatus, to: CaseStatus) -> None:
    if to is status or to in ROWS[status]:
        assert advance(status, to) is to
    else:
        with pytest.raises(CaseTransitionError):
            advance(status, to)


def test_every_status_has_its_row() -> None:
    assert ALLOWED.keys() == set(CaseStatus)


@given(st.lists(st.sampled_from(CaseStatus)))
def test_no_walk_leaves_a_proof_or_a_cancellation(walk: list[CaseStatus]) -> None:
    status = CaseStatus.OPEN
    for to in walk:
        before = status
        try:
            status = advance(status, to)
        except CaseTransitionError:
            assert status is before
        if before in (CaseStatus.PROVEN, CaseStatus.CANCELLED):
            assert status is before
