from datetime import timedelta

import msgspec
import pytest

from tenure_server.signer.settings import SignerSettings, problem

SETTINGS = SignerSettings(municipality="kuntala", server="https://tenure.example", audience="tenure:kuntala")


def test_the_defaults_are_the_guard_rails():
    assert problem(SETTINGS) is None
    assert SETTINGS.wipes_per_hour == 3
    assert SETTINGS.cooling_off == timedelta(hours=24)
    assert SETTINGS.approver_delay == timedelta(hours=72)


@pytest.mark.parametrize(("fleet", "cap"), [(0, 1), (1, 1), (99, 1), (100, 2), (149, 2), (5000, 100)])
def test_the_day_has_room_for_two_per_cent_but_at_least_one(fleet, cap):
    assert msgspec.structs.replace(SETTINGS, fleet_size=fleet).wipes_per_day == cap


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wipes_per_hour", 0),
        ("wipes_per_hour", -1),
        ("campaign_ceiling_per_hour", 0),
        ("release_days", 0),
        ("fleet_size", -1),
        ("cooling_off_hours", -1),
        ("approver_delay_hours", -0.5),
        ("daily_share", 1.1),
        ("daily_share", -0.1),
    ],
)
def test_a_limit_that_makes_no_sense_is_named(name, value):
    assert problem(msgspec.structs.replace(SETTINGS, **{name: value})) == name
