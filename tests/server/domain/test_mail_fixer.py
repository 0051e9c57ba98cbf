"""A mailbox has one fixer at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_server.domain.mail_check import LookedAtBy
from tenure_server.domain.mail_fixer import AFTER_A_LEASE, may_fix

NOON = datetime(2029, 6, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SERVER, LAPTOP = LookedAtBy.SERVER, LookedAtBy.LAPTOP


@pytest.mark.parametrize(
    ("lease_until", "may"),
    [
        (None, True),
        (NOON + MINUTE, False),
        (NOON, False),
        (NOON - AFTER_A_LEASE + MINUTE, False),
        (NOON - AFTER_A_LEASE, True),
    ],
)
def test_the_server_waits_until_well_after_a_laptops_lease(lease_until: datetime | None, may: bool) -> None:
    assert may_fix(SERVER, SERVER, lease_until, NOON) is may


@pytest.mark.parametrize(
    ("lease_until", "may"), [(None, False), (NOON + MINUTE, True), (NOON, False), (NOON - MINUTE, False)]
)
def test_a_laptop_fixes_only_within_its_lease(lease_until: datetime | None, may: bool) -> None:
    assert may_fix(LAPTOP, LAPTOP, lease_until, NOON) is may


@given(
    setting=st.sampled_from(LookedAtBy),
    lease=st.none() | st.integers(-60, 60),
    skew=st.integers(-9, 9),
)
def test_the_two_never_may_at_once_even_if_their_clocks_differ_by_minutes(
    setting: LookedAtBy, lease: int | None, skew: int
) -> None:
    until = None if lease is None else NOON + lease * MINUTE
    server = may_fix(SERVER, setting, until, NOON)
    laptop = may_fix(LAPTOP, setting, until, NOON + skew * MINUTE)
    assert not (server and laptop)


@given(lease=st.integers(-60, 60), skew=st.integers(-9, 9))
def test_a_lease_from_before_the_setting_changed_still_holds(lease: int, skew: int) -> None:
    until = NOON + lease * MINUTE
    laptop_that_does_not_know = may_fix(LAPTOP, LAPTOP, until, NOON + skew * MINUTE)
    assert not (may_fix(SERVER, SERVER, until, NOON) and laptop_that_does_not_know)
