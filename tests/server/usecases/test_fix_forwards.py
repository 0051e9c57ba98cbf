"""Forwards are switched off only by the city's word, recorded first, and never twice where it matters."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from fakes.checked_town import CheckedTown, checked_town, council
from fakes.city import City
from fakes.databases import MemoryDatabase
from fakes.tenant import forward, no_answer
from tenure_policies.forwarding.mail_order import MailOrder
from tenure_server.domain.ids import DeviceId, PersonId
from tenure_server.domain.mail_check import LookedAtBy
from tenure_server.domain.mail_fixer import AFTER_A_LEASE
from tenure_server.domain.mail_order_record import MAIL_ORDERS, MailOrderRecord
from tenure_server.usecases.allow_domains import disallow_domain
from tenure_server.usecases.check_mailboxes import check_mailboxes
from tenure_server.usecases.ports import RuleOff

OUTSIDE = [forward("r1", "aino@gmail.com")]


@pytest.fixture(params=["memory", "sqlite"])
async def here(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[CheckedTown]:
    memory = MemoryDatabase() if request.param == "memory" else None
    async with checked_town(tmp_path, memory=memory) as made:
        await made.know(council("aino"))
        made.tenant.has_user("aino", rules=OUTSIDE)
        yield made


async def test_nothing_is_switched_off_before_the_city_says_so(here: CheckedTown) -> None:
    await here.check()
    assert await here.verdict("aino") == "violation"
    assert await here.fixes("aino") == []
    await here.fixing()
    await here.fixing(on=False)
    await here.check()
    assert here.tenant.asked("switch_off") == []
    assert here.tenant.rule("aino", "r1")["isEnabled"] is True


async def test_a_forward_is_switched_off_and_its_mailbox_looked_at_again(here: CheckedTown) -> None:
    await here.fixing()
    result = await here.check()
    assert result.fixes.done == 1
    assert here.tenant.rule("aino", "r1")["isEnabled"] is False
    assert here.tenant.rule("aino", "r1")["actions"] == OUTSIDE[0]["actions"], "nothing else of it changed"
    assert await here.fixed("aino") == [("r1", 1, "done")]
    assert await here.verdict("aino") == "ok"
    state = await here.state("aino")
    assert state is not None
    assert [one.kind.value for one in state.findings] == ["latent"]
    await here.check()
    assert here.tenant.asked("switch_off") == [("id-aino", "r1")]


async def test_it_is_recorded_before_it_is_done(here: CheckedTown) -> None:
    await here.fixing()
    seen = []

    async def look(user: str, rule: str) -> RuleOff:
        seen.extend(await here.fixes("aino"))
        return await checking.mailboxes.switch_off(user, rule)

    checking = here.checking
    mailboxes = SimpleNamespace(read=checking.mailboxes.read, switch_off=look)

    await check_mailboxes(replace(checking, mailboxes=mailboxes))
    (fix,) = seen
    assert (fix.state.value, fix.attempts) == ("due", 1)
    assert fix.asked_at is not None
    kinds = await here.town.kinds()
    assert kinds.count("rule_fix") == 2, "that it is to be, and that it was"


async def test_switched_on_again_by_the_trustee_it_is_switched_off_again(here: CheckedTown) -> None:
    await here.fixing()
    await here.check()
    here.tenant.rule("aino", "r1")["isEnabled"] = True
    await here.check()
    assert await here.fixed("aino") == [("r1", 1, "done"), ("r1", 2, "done")]


async def test_only_what_leads_outside_is_switched_off(here: CheckedTown) -> None:
    await here.fixing()
    here.tenant.has_user("bert", rules=[])
    here.tenant.has_user(
        "aino",
        rules=[
            forward("inside", "bert@kuntala.example"),
            forward("off", "a@gmail.com", enabled=False),
            forward("self", "aino@kuntala.example"),
            forward("mixed", "bert@kuntala.example", "a@gmail.com", action="redirectTo"),
        ],
    )
    await here.check()
    assert here.tenant.asked("switch_off") == [("id-aino", "mixed")]


async def test_a_rule_that_graph_cannot_change_is_a_task_until_it_is_gone(here: CheckedTown) -> None:
    here.tenant.has_user("aino", rules=[forward("r1", "a@gmail.com", isReadOnly=True)])
    await here.check()
    assert "mail_forward" not in await here.task_kinds(), "it is only reported"
    await here.fixing()
    for _ in range(2):
        await here.check()
        assert (await here.task_kinds()).count("mail_forward") == 1
    assert here.tenant.asked("switch_off") == []
    here.tenant.has_user("aino", rules=[])
    await here.check()
    assert "mail_forward" not in await here.task_kinds()


async def test_a_rule_that_cannot_be_switched_off_becomes_a_task_until_it_is_gone(here: CheckedTown) -> None:
    await here.fixing()
    here.tenant.switching = [RuleOff(done=False, why="ErrorMessageRuleIsReadOnly")]
    await here.check()
    assert await here.fixed("aino") == [("r1", 1, "failed")]
    (task,) = [one for one in await here.tasks() if one.kind.value == "mail_forward"]
    assert "gmail.com" in str(task.why)
    assert task.subject == "aino"
    for _ in range(2):
        await here.check()
        here.passes(days=1)
    assert len(here.tenant.asked("switch_off")) == 1
    here.tenant.has_user("aino", rules=[])
    await here.check()
    assert await here.fixed("aino") == [("r1", 1, "cancelled")]
    assert "mail_forward" not in await here.task_kinds()


async def test_what_the_tenant_refuses_otherwise_is_tried_again_before_people_are_asked(
    here: CheckedTown,
) -> None:
    await here.fixing()
    here.tenant.switching = [RuleOff(done=False, why="ErrorAccessDenied")] * 5
    for _ in range(12):
        await here.check("slot")
        here.passes(minutes=10)
    assert len(here.tenant.asked("switch_off")) == 5
    assert await here.fixed("aino") == [("r1", 1, "failed")]
    assert "mail_forward" in await here.task_kinds()


async def test_a_tenant_that_does_not_answer_is_asked_again_without_a_new_look(here: CheckedTown) -> None:
    await here.fixing()
    here.tenant.switching = [no_answer()]
    await here.check("09:00")
    assert await here.fixed("aino") == [("r1", 1, "due")]
    here.passes(minutes=1)
    await here.check("09:00")
    assert len(here.tenant.asked("switch_off")) == 1, "it is left alone for a while"
    here.passes(minutes=3)
    result = await here.check("09:00")
    assert not result.claimed
    assert await here.fixed("aino") == [("r1", 1, "done")]


async def test_a_domain_that_was_allowed_meanwhile_cancels_the_fix(here: CheckedTown) -> None:
    await here.fixing()
    here.tenant.switching = [no_answer()]
    await here.check("09:00")
    await here.allow("gmail.com", here.town.now + timedelta(days=1))
    here.passes(minutes=5)
    await here.check("09:00")
    assert await here.fixed("aino") == [("r1", 1, "cancelled")]
    assert len(here.tenant.asked("switch_off")) == 1
    await disallow_domain(here.town.store, here.town.clock, "gmail.com", by="it")
    await here.check("10:00")
    assert (await here.fixed("aino"))[-1] == ("r1", 2, "done")


async def test_fixing_that_was_switched_off_meanwhile_cancels_the_fix(here: CheckedTown) -> None:
    await here.fixing()
    here.tenant.switching = [no_answer()]
    await here.check("09:00")
    here.passes(minutes=5)
    await here.fixing(on=False)
    await here.check("09:00")
    assert await here.fixed("aino") == [("r1", 1, "cancelled")]


async def test_a_rule_that_its_owner_switched_off_first_is_not_told_as_ours(here: CheckedTown) -> None:
    await here.fixing()
    here.tenant.switching = [RuleOff(done=True)]
    await here.check()
    assert await here.fixed("aino") == [("r1", 1, "cancelled")]


async def test_after_a_restore_mailboxes_are_read_and_nothing_is_switched_off(here: CheckedTown) -> None:
    await here.fixing()
    async with here.town.store.writing() as tx:
        await tx.municipality.mark_rolled_back(here.town.now, "origin")
    result = await here.check()
    assert result.looked_at == 1
    assert await here.verdict("aino") == "violation"
    assert here.tenant.asked("switch_off") == []


async def test_a_staff_account_is_left_to_people(here: CheckedTown) -> None:
    """The planner's case 23: a city employee who is a trustee, too."""
    await here.know(City().seat("aino", until="2029-05-31", employee=True))
    await here.fixing()
    await here.check()
    assert await here.verdict("aino") == "violation"
    assert here.tenant.asked("switch_off") == []
    assert "mail_forward" in await here.task_kinds()
    here.tenant.rule("aino", "r1")["isEnabled"] = False
    await here.check()
    assert "mail_forward" not in await here.task_kinds()


async def test_where_laptops_fix_the_server_only_looks(here: CheckedTown) -> None:
    here.mail_fixer = LookedAtBy.LAPTOP
    await here.fixing()
    await here.check()
    assert await here.verdict("aino") == "violation"
    assert await here.fixes("aino") == []


async def test_the_server_waits_for_a_laptops_lease_to_end(here: CheckedTown) -> None:
    await here.fixing()
    until = here.town.now + timedelta(hours=1)
    order = MailOrder(
        municipality=here.town.id, device="d1", epoch=1, number=1, issued=here.town.now, expires=until,
        address="aino@kuntala.example", language="fi", authority="https://login.example/t", client_id="c",
        graph="https://graph.example/v1.0", fix_until=until,
    )  # fmt: skip
    record = MailOrderRecord(
        device=DeviceId("d1"), person=PersonId("aino"), at=here.town.now, order=order, leased_until=until
    )
    async with here.town.store.writing() as tx:
        await tx.records.add(MAIL_ORDERS, record)
    await here.check()
    assert await here.verdict("aino") == "violation"
    assert here.tenant.asked("switch_off") == []
    here.town.clock.at = until + AFTER_A_LEASE
    await here.check()
    assert here.tenant.asked("switch_off") == [("id-aino", "r1")]


async def test_whose_forward_was_switched_off_is_told_once_without_address_or_rule(here: CheckedTown) -> None:
    await here.fixing()
    here.tenant.has_user("aino", rules=[*OUTSIDE, forward("r2", "x@partner.example", displayName="private")])
    await here.check()
    await here.follow()
    await here.follow()
    assert here.post is not None
    (mail,) = here.post.taken
    assert mail.to == "aino@kuntala.example"
    for told in ("gmail.com", "partner.example", "§ 12", "(2 kpl)", "hallinto@kuntala.example"):
        assert told in mail.text
    for secret in ("aino@gmail.com", "x@partner.example", "private", "r1", "r2"):
        assert secret not in mail.text
    assert all(fix.told_at is not None for fix in await here.fixes("aino"))
    assert await here.told("aino") == [("forward-off", "sent")]


async def test_nothing_is_told_before_all_that_was_found_together_is_settled(here: CheckedTown) -> None:
    await here.fixing()
    here.tenant.has_user("aino", rules=[*OUTSIDE, forward("r2", "x@partner.example")])
    here.tenant.switching = [None, no_answer()]
    await here.check("09:00")
    await here.follow()
    assert await here.sent("aino") == []
    here.passes(minutes=5)
    await here.check("09:00")
    await here.follow()
    assert await here.sent("aino") == ["forward-off"]


async def test_after_a_death_nobody_is_written_to(here: CheckedTown) -> None:
    others = [f"p{number:02d}" for number in range(20)]
    await here.know(council("aino", *others))
    await here.fixing()
    await here.check()
    await here.know(council(*others).seat("aino", until="2029-02-20", basis="death"))
    await here.follow()
    assert here.post is not None
    assert here.post.to("aino@kuntala.example") == []
    assert await here.sent("aino") == []


async def test_in_report_only_mode_nobody_is_told(here: CheckedTown) -> None:
    await here.check()
    await here.follow()
    assert here.post is not None
    assert here.post.taken == []
