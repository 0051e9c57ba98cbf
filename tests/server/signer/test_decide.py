from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.signer import DUE, Laptop, manifest_of
from tenure_server.signer.decide import Hold, Standing, judge_standing, judge_time, malformed, release_of
from tenure_server.signer.journal import Journal
from tenure_server.signer.settings import SignerSettings

LIMITS = SignerSettings(
    municipality="kuntala", server="https://tenure.example", audience="tenure:kuntala", fleet_size=250
)
FREE = Standing(
    stopped=False,
    vetoed=False,
    released=False,
    ordinary_last_hour=0,
    ordinary_last_day=0,
    this_campaign_last_hour=0,
    all_campaigns_last_hour=0,
)
ORDINARY = manifest_of(Laptop())
CAMPAIGN = manifest_of(Laptop(), campaign=True, rate_per_hour=10)


def standing(**facts):
    from dataclasses import replace

    return replace(FREE, **facts)


@pytest.mark.parametrize(
    ("manifest", "facts", "hold"),
    [
        (ORDINARY, {}, None),
        (CAMPAIGN, {}, None),
        (ORDINARY, {"stopped": True}, Hold.STOPPED),
        (CAMPAIGN, {"stopped": True}, Hold.STOPPED),
        (ORDINARY, {"vetoed": True}, Hold.VETOED),
        (ORDINARY, {"released": True}, Hold.ALREADY_RELEASED),
        (ORDINARY, {"ordinary_last_hour": 2}, None),
        (ORDINARY, {"ordinary_last_hour": 3}, Hold.HOURLY_CAP),
        (ORDINARY, {"ordinary_last_day": 4}, None),
        (ORDINARY, {"ordinary_last_day": 5}, Hold.DAILY_CAP),
        (CAMPAIGN, {"ordinary_last_hour": 99, "ordinary_last_day": 99}, None),
        (ORDINARY, {"this_campaign_last_hour": 99, "all_campaigns_last_hour": 99}, None),
        (CAMPAIGN, {"this_campaign_last_hour": 9}, None),
        (CAMPAIGN, {"this_campaign_last_hour": 10}, Hold.CAMPAIGN_RATE),
        (CAMPAIGN, {"all_campaigns_last_hour": 59}, None),
        (CAMPAIGN, {"all_campaigns_last_hour": 60}, Hold.CAMPAIGN_CEILING),
    ],
)
def test_what_the_journal_says_decides(manifest, facts, hold):
    assert judge_standing(standing(**facts), manifest, LIMITS) is hold


@pytest.mark.parametrize(
    ("facts", "flaw"),
    [
        ({"entries": ()}, "it names no laptop"),
        ({"entries": (Laptop().entry(serial=""),)}, "no serial"),
        ({"entries": (Laptop().entry(device=""),)}, "no device"),
        ({"entries": (Laptop().entry(lock_id=""),)}, "missing"),
        ({"entries": (Laptop().entry(case=""),)}, "missing"),
        ({"entries": (Laptop().entry(device_key=""),)}, "missing"),
        ({"entries": (Laptop().entry(), Laptop(number=2).entry(serial="PF300001"))}, "serial is named twice"),
        ({"entries": (Laptop().entry(), Laptop(number=2).entry(device="dev-1"))}, "device is named twice"),
        ({"campaign": True, "rate_per_hour": 0}, "no rate"),
        ({"campaign": True, "rate_per_hour": -1}, "no rate"),
    ],
)
def test_a_list_that_is_no_authority_is_told_why(facts, flaw):
    assert flaw in str(malformed(manifest_of(Laptop(), **facts)))


def test_a_well_formed_list_has_no_flaw():
    assert malformed(manifest_of(Laptop(), Laptop(number=2))) is None
    assert malformed(CAMPAIGN) is None


def test_an_end_in_mid_term_needs_no_cooling_off():
    [entry] = ORDINARY.entries
    assert judge_time(entry, ORDINARY, approved_since=DUE, settings=LIMITS, now=DUE) is None


def test_the_id_of_a_release_follows_from_its_lock_alone():
    laptop = Laptop()
    first = release_of(laptop.entry(), ORDINARY, "a" * 64, settings=LIMITS, now=DUE)
    later = release_of(
        laptop.entry(reason="other", case="case-9"),
        CAMPAIGN,
        "b" * 64,
        settings=LIMITS,
        now=DUE + timedelta(days=1),
    )
    other = release_of(laptop.entry(lock_id="lock-9"), ORDINARY, "a" * 64, settings=LIMITS, now=DUE)
    assert first.id == later.id != other.id


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    gaps=st.lists(st.integers(min_value=0, max_value=40), min_size=1, max_size=60),
    fleet=st.integers(min_value=0, max_value=400),
    campaigns=st.lists(st.booleans(), min_size=60, max_size=60),
)
def test_no_hour_and_no_day_ever_holds_more_than_its_cap(tmp_path_factory, gaps, fleet, campaigns):
    limits = msgspec.structs.replace(LIMITS, fleet_size=fleet, campaign_ceiling_per_hour=4)
    journal = Journal.create(tmp_path_factory.mktemp("caps") / "journal.sqlite")
    journal._run("PRAGMA synchronous = OFF")
    released, now = {False: [], True: []}, DUE
    for number, (minutes, campaign) in enumerate(zip(gaps, campaigns, strict=False), 1):
        now += timedelta(minutes=minutes)
        laptop = Laptop(number=number, key=KEY)
        manifest = manifest_of(laptop, campaign=campaign, rate_per_hour=3)
        release = release_of(
            laptop.entry(), manifest, "c" * 64 if campaign else "d" * 64, settings=limits, now=now
        )
        hold = journal.record(
            release,
            manifest_id=manifest.id,
            campaign=campaign,
            now=now,
            judge=lambda found, manifest=manifest: judge_standing(found, manifest, limits),
        )
        if hold is None:
            released[campaign].append(now)
    journal.close()
    assert most(released[False], timedelta(hours=1)) <= 3
    assert most(released[False], timedelta(days=1)) <= max(1, fleet * 2 // 100)
    assert most(released[True], timedelta(hours=1)) <= 3


KEY = Laptop().key


def most(moments, span):
    """Return the most moments within any half-open span."""
    return max((sum(start <= at < start + span for at in moments) for start in moments), default=0)
