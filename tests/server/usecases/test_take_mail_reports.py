"""What a laptop says about its holder's mailbox is believed as far as it may be."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.checked_town import council
from fakes.databases import MemoryDatabase
from fakes.mail_reporting import ReportingTown, reporting_town
from fakes.town import Laptop
from tenure_policies.forwarding.mail_order import MailReport, ReportedFinding, ReportedFix
from tenure_server.usecases.take_mail_reports import MOST_BYTES, MOST_FIXES

OUT = ReportedFinding(
    kind="rule", reason="outside_domain", rule_id="r1", target_domain="gmail.com", outside=True
)
VIOLATION = {"verdict": "violation", "findings": (OUT,)}
WELL = {"verdict": "ok"}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[ReportingTown]:
    async with reporting_town(tmp_path) as made:
        await made.know(council("aino", "bert").laptop("L1", "aino").laptop("L2", "bert"))
        yield made


async def ordered(here: ReportingTown, serial: str = "L1") -> Laptop:
    laptop = await here.town.enrol(serial)
    await here.order()
    await here.hear(laptop)
    return laptop


def fix(here: ReportingTown, rule: str = "r1", **changes: Any) -> ReportedFix:
    fields: dict[str, Any] = {"rule_id": rule, "target_domains": ("gmail.com",), "fixed_at": here.town.now}
    return ReportedFix(**{**fields, **changes})


async def test_a_report_becomes_the_state_of_the_holders_mailbox(here: ReportingTown):
    laptop = await ordered(here)
    await here.tell(laptop, **VIOLATION)
    state = await here.state("aino")
    assert state is not None
    assert (state.by.value, state.verdict.value, state.error) == ("laptop", "violation", "")
    (found,) = state.findings
    assert (found.rule_id, found.target_domain, found.outside) == ("r1", "gmail.com", True)
    assert "mailbox_judged" in await here.town.kinds()
    assert await here.verdict("bert") is None


async def test_a_rule_that_a_laptop_switched_off_is_recorded_once_and_its_holder_is_to_be_told(
    here: ReportingTown,
):
    await here.fixing()
    laptop = await ordered(here)
    done = fix(here)
    await here.tell(laptop, **WELL, fixes=(done,))
    here.passes(hours=1)
    await here.tell(laptop, **WELL, fixes=(done,))
    (kept,) = await here.fixes("aino")
    assert (kept.by.value, kept.state.value, kept.done_at) == ("laptop", "done", done.fixed_at)
    assert kept.is_open, "nobody has told the trustee yet"
    assert (await here.town.kinds()).count("rule_fix") == 1


async def test_a_rule_that_was_switched_on_and_off_again_is_a_second_fix(here: ReportingTown):
    await here.fixing()
    laptop = await ordered(here)
    first = fix(here)
    await here.tell(laptop, **WELL, fixes=(first,))
    here.passes(hours=3)
    await here.tell(laptop, **WELL, fixes=(first, fix(here)))
    assert await here.fixed("aino") == [("r1", 1, "done"), ("r1", 2, "done")]


async def test_without_a_lease_ever_given_nothing_was_switched_off(here: ReportingTown):
    laptop = await ordered(here)
    await here.tell(laptop, **WELL, fixes=(fix(here),))
    assert await here.fixes("aino") == []
    assert await here.verdict("aino") == "ok"


async def test_a_report_of_an_older_order_changes_nothing(here: ReportingTown):
    laptop = await ordered(here)
    here.passes(days=4)
    await here.order()
    await here.tell(laptop, **VIOLATION)
    assert await here.state("aino") is None


async def test_a_report_of_an_order_that_was_never_given_changes_nothing(here: ReportingTown):
    laptop = await here.town.enrol("L1")
    await here.tell(laptop, **VIOLATION)
    assert await here.state("aino") is None


async def test_a_laptop_speaks_of_its_own_holder_whatever_it_says(here: ReportingTown):
    first, second = await ordered(here), await ordered(here, "L2")
    del first
    await here.tell(second, number=here.held["L1"].number, **WELL)
    assert await here.state("aino") is None
    await here.tell(second, **WELL)
    assert (await here.verdict("aino"), await here.verdict("bert")) == (None, "ok")


async def test_a_laptop_that_lost_its_order_is_heard_no_more(here: ReportingTown):
    laptop = await ordered(here)
    register = council("aino", "bert").device("L1")
    register.hand_over("L1", "aino", since="2025-06-02", until="2029-02-01", reason="returned")
    await here.know(register)
    await here.order()
    await here.tell(laptop, **WELL)
    assert await here.state("aino") is None


@pytest.mark.parametrize(
    ("report", "error"),
    [
        ({"state": "sign_in_needed"}, "sign_in_needed"),
        ({"state": "wrong_account", "verdict": "ok"}, "wrong_account"),
        ({"state": "failed", "error": "ErrorAccessDenied", "verdict": "ok"}, "ErrorAccessDenied"),
    ],
)
async def test_what_could_not_be_looked_at_is_unknown_and_never_well(
    here: ReportingTown, report: Any, error: str
):
    laptop = await ordered(here)
    await here.tell(laptop, **report)
    state = await here.state("aino")
    assert state is not None
    assert (state.verdict.value, state.error) == ("unknown", error)


async def test_a_report_that_calls_a_violation_well_is_a_violation(here: ReportingTown):
    laptop = await ordered(here)
    await here.tell(laptop, verdict="ok", findings=(OUT,))
    assert await here.verdict("aino") == "violation"


async def test_a_moment_ahead_of_ours_is_ours_and_an_older_word_does_not_count(here: ReportingTown):
    laptop = await ordered(here)
    await here.tell(laptop, **VIOLATION, checked_at=here.town.now + timedelta(days=365))
    state = await here.state("aino")
    assert state is not None
    assert state.checked_at == here.town.now
    here.passes(hours=1)
    await here.tell(laptop, **WELL, checked_at=here.town.now - timedelta(days=1))
    assert await here.verdict("aino") == "violation"


async def test_what_the_server_read_is_made_worse_by_a_laptop_and_not_better(here: ReportingTown):
    laptop = await ordered(here)
    here.tenant.has_user("aino", rules=[])
    await here.check()
    here.passes(hours=1)
    await here.tell(laptop, **VIOLATION)
    assert await here.verdict("aino") == "violation"
    here.tenant.has_user("bert", rules=[])
    second = await ordered(here, "L2")
    here.passes(minutes=1)
    await here.check()
    assert await here.verdict("aino") == "ok", "the server looked again"
    here.passes(hours=1)
    await here.tell(second, state="sign_in_needed")
    assert await here.verdict("bert") == "ok"


async def test_a_violation_that_the_server_saw_is_not_talked_away_until_the_server_is_silent_for_a_day(
    here: ReportingTown,
):
    laptop = await ordered(here)
    from fakes.tenant import forward

    here.tenant.has_user("aino", rules=[forward("r1", "aino@gmail.com")])
    await here.check()
    here.passes(hours=1)
    await here.tell(laptop, **WELL)
    assert await here.verdict("aino") == "violation"
    here.passes(hours=24)
    await here.tell(laptop, **WELL)
    assert await here.verdict("aino") == "ok"


@pytest.mark.parametrize("read", ["violation", "unknown"])
async def test_what_the_server_read_is_not_talked_away_by_making_it_worse_first(
    here: ReportingTown, read: str
):
    laptop = await ordered(here)
    from fakes.tenant import forward

    rule = forward("r1", "aino@gmail.com")
    hidden = {**rule, "isReadOnly": True, "actions": None}
    here.tenant.has_user("aino", rules=[rule if read == "violation" else hidden])
    await here.check()
    assert await here.verdict("aino") == read
    here.passes(minutes=10)
    await here.tell(laptop, **VIOLATION)
    here.passes(minutes=10)
    await here.tell(laptop, **WELL)
    assert await here.verdict("aino") == "violation"
    here.passes(hours=24)
    await here.tell(laptop, **WELL)
    assert await here.verdict("aino") == "ok"


async def test_what_a_laptop_made_worse_it_may_take_back_as_far_as_the_server_read(here: ReportingTown):
    laptop = await ordered(here)
    here.tenant.has_user("aino", rules=[])
    await here.check()
    here.passes(minutes=10)
    await here.tell(laptop, **VIOLATION)
    here.passes(minutes=10)
    await here.tell(laptop, **WELL)
    assert await here.verdict("aino") == "ok"


async def test_where_the_server_cannot_read_the_laptops_word_counts(here: ReportingTown):
    laptop = await ordered(here)
    await here.check()  # the tenant has no such account
    assert await here.verdict("aino") == "unknown"
    here.passes(minutes=5)
    await here.tell(laptop, **WELL)
    assert await here.verdict("aino") == "ok"


FINDING = {"kind": "rule", "reason": "outside_domain", "rule_id": "r1", "target_domain": "gmail.com"}


@pytest.mark.parametrize(
    "hostile",
    [
        b"", b"null", b"[]", b"{}", b"\xff", b'{"number": "x"}', b"[" * 10_000,
        {"state": "wiped"}, {"verdict": "splendid"}, {"error": "Aino Virtanen, Rantala"},
        {"findings": [FINDING] * 201}, {"findings": [{**FINDING, "kind": "gossip"}]},
        {"findings": [{**FINDING, "target_domain": "aino@gmail.com"}]},
        {"findings": [{**FINDING, "target_domain": "gmäil.com"}]},
        {"findings": [{**FINDING, "target_domain": "<script>"}]},
        {"findings": [{**FINDING, "rule_id": "r" * 513}]}, {"findings": [{**FINDING, "rule_id": "a\u0000b"}]},
        {"findings": [{**FINDING, "rule_id": ""}]},
        {"fixes": [{"rule_id": "r1", "fixed_at": "2029-03-01T09:00:00Z", "target_domains": ["a b"]}]},
        {"fixes": [{"rule_id": "r1", "fixed_at": "2029-03-01T09:00:00"}]},
        {"fixes": [{"rule_id": "r1", "fixed_at": "2029-03-01T09:00:00Z"}] * (MOST_FIXES + 1)},
        b" " * (MOST_BYTES + 1),
    ],
)  # fmt: skip
async def test_a_hostile_report_changes_nothing_and_the_visit_is_answered(here: ReportingTown, hostile: Any):
    await here.fixing()
    laptop = await ordered(here)
    raw = hostile
    if isinstance(hostile, dict):
        number = here.held["L1"].number
        raw = msgspec.json.encode({"number": number, "state": "checked", "verdict": "ok", **hostile})
    assert (await here.tell(laptop, raw)).answer.ticket == ""
    assert await here.state("aino") is None
    assert await here.fixes("aino") == []


async def test_fixes_from_the_future_or_long_ago_and_too_many_a_day_are_not_believed(here: ReportingTown):
    await here.fixing()
    laptop = await ordered(here)
    late, early = here.town.now + timedelta(hours=1), here.town.now - timedelta(days=90)
    await here.tell(laptop, **WELL, fixes=(fix(here, fixed_at=late), fix(here, fixed_at=early)))
    assert await here.fixes("aino") == []
    for hour in range(3):
        here.passes(hours=1)
        many = tuple(fix(here, f"r{hour}-{number}") for number in range(MOST_FIXES))
        await here.tell(laptop, **WELL, fixes=many)
    assert len(await here.fixes("aino")) == MOST_FIXES


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(MailReport.__struct_fields__) | st.text(max_size=5), inner, max_size=6),
).map(msgspec.json.encode))  # fmt: skip
async def test_no_bytes_make_a_visit_fail(tmp_path_factory: pytest.TempPathFactory, raw: bytes):
    async with reporting_town(tmp_path_factory.mktemp("town"), memory=MemoryDatabase()) as here:
        await here.know(council("aino").laptop("L1", "aino"))
        laptop = await ordered(here)
        await here.tell(laptop, raw)
        state = await here.state("aino")
        assert state is None or state.verdict.value in ("ok", "violation", "unknown")
