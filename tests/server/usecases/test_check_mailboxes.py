"""Trustees' mailboxes are looked at, and what is found is written down; on the memory store and on SQLite."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.checked_town import CheckedTown, checked_town, council
from fakes.city import City
from fakes.databases import MemoryDatabase
from fakes.tenant import forward, no_answer, no_consent, read_only
from tenure_policies.forwarding.tenant import Contact, Domain, Group
from tenure_server.domain.mail_check import LookedAtBy
from tenure_server.domain.mail_scope import standing_verdict


@pytest.fixture(params=["memory", "sqlite"])
async def here(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[CheckedTown]:
    memory = MemoryDatabase() if request.param == "memory" else None
    async with checked_town(tmp_path, memory=memory) as made:
        yield made


async def test_a_forward_outside_is_a_violation_and_a_quiet_mailbox_is_ok(here: CheckedTown) -> None:
    await here.know(council("aino", "bert"))
    here.tenant.has_user("aino", rules=[forward("r1", "Aino@GMail.com", "nobody@kuntala.example")])
    here.tenant.has_user("bert", rules=[])
    result = await here.check()
    assert result.finished
    assert (result.looked_at, result.mailboxes) == (2, 2)
    assert await here.verdict("aino") == "violation"
    assert await here.verdict("bert") == "ok"
    state = await here.state("aino")
    assert state is not None
    assert [(one.rule_id, one.target_domain) for one in state.findings] == [("r1", "gmail.com")]
    last = await here.last()
    assert last.finished_at is not None
    assert {"transport_rules", "hidden_rules", "mailbox_forwarding"} <= set(last.blind_spots)


async def test_of_a_forward_only_the_rule_and_the_domain_are_kept(here: CheckedTown) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[forward("r1", "secret.name@gmail.com", displayName="to my sister")])
    await here.fixing()
    await here.check()
    kept = repr([await here.state("aino"), await here.fixes("aino"), await here.tasks(open_only=False)])
    logged = repr(await here.town.log())
    for text in ("secret.name", "sister"):
        assert text not in kept
        assert text not in logged
    assert "gmail.com" in kept


@pytest.mark.parametrize("error", ["ErrorAccessDenied", "ErrorItemNotFound", "TooManyRequests"])
async def test_a_mailbox_that_cannot_be_read_is_unknown_and_never_ok(here: CheckedTown, error: str) -> None:
    """Case 27."""
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[])
    await here.check()
    assert await here.verdict("aino") == "ok"
    here.tenant.unreadable["id-aino"] = error
    await here.check()
    state = await here.state("aino")
    assert state is not None
    assert (state.verdict.value, state.error) == ("unknown", error)


async def test_a_rule_that_graph_cannot_show_is_unknown(here: CheckedTown) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[read_only("r1")])
    await here.fixing()
    await here.check()
    assert await here.verdict("aino") == "unknown"
    assert await here.fixes("aino") == []


async def test_an_address_that_is_not_in_the_tenant_is_unknown(here: CheckedTown) -> None:
    await here.know(council("aino"))
    await here.check()
    state = await here.state("aino")
    assert state is not None
    assert (state.verdict.value, state.error, state.user) == ("unknown", "no_account", "")


async def test_an_account_is_found_by_any_of_its_addresses_in_any_case(here: CheckedTown) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("maija", address="maija@kuntala.example", aliases=["AINO@Kuntala.Example"], rules=[])
    await here.check()
    assert await here.verdict("aino") == "ok"


async def test_a_chain_through_a_colleague_is_a_violation_and_the_colleague_is_not_recorded(
    here: CheckedTown,
) -> None:
    """Case 23."""
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[forward("r1", "clerk@kuntala.example")])
    here.tenant.has_user("clerk", rules=[forward("r9", "clerk@gmail.com")])
    here.tenant.has_user("other", rules=[forward("r8", "other@gmail.com")])
    await here.fixing()
    await here.check()
    state = await here.state("aino")
    assert state is not None
    assert state.verdict.value == "violation"
    assert [one.kind.value for one in state.findings] == ["chain"]
    assert await here.state("clerk") is None
    assert ("id-other",) not in here.tenant.asked("read"), "nobody reads a mailbox that nothing leads to"
    assert here.tenant.asked("switch_off") == [], "a colleague's mailbox is never changed"


async def test_a_chain_that_cannot_be_read_to_its_end_is_unknown(here: CheckedTown) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[forward("r1", "clerk@kuntala.example")])
    here.tenant.has_user("clerk", rules=[])
    here.tenant.unreadable["id-clerk"] = "MailboxNotEnabledForRESTAPI"
    await here.check()
    assert await here.verdict("aino") == "unknown"


async def test_a_group_is_followed_to_members_and_their_own_forwards(here: CheckedTown) -> None:
    """Cases 17 and 23: only the groups that a forward leads to are asked for their members."""
    await here.know(council("aino", "bert", "cecilia"))
    for group, members in {"g1": ("g2", "id-clerk"), "g2": ("id-clerk", "k1"), "g3": ()}.items():
        here.tenant.groups[group] = Group(id=group, mail=f"{group}@kuntala.example")
        here.tenant.members[group] = members
    here.tenant.members["g1"] = ("g2", "id-clerk", "k1")
    here.tenant.contacts.append(Contact(id="k1", mail="k@partner.example"))
    here.tenant.has_user("aino", rules=[forward("r1", "g1@kuntala.example")])
    here.tenant.has_user("bert", rules=[forward("r1", "g2@kuntala.example")])
    here.tenant.has_user("cecilia", rules=[])
    here.tenant.has_user("clerk", rules=[])
    await here.check()
    assert await here.verdict("aino") == "violation"
    assert await here.verdict("bert") == "violation"
    assert sorted(here.tenant.asked("members")) == [("g1",), ("g2",)]
    here.tenant.members["g2"] = None
    here.tenant.members["g1"] = ("id-clerk",)
    await here.check()
    assert await here.verdict("aino") == "ok"
    assert await here.verdict("bert") == "unknown", "whose members cannot be read"


async def test_the_mailbox_of_somebody_who_left_is_looked_at_until_it_is_closed(here: CheckedTown) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[forward("r1", "aino@gmail.com")])
    await here.lives_to("2029-06-15")
    await here.check()
    assert await here.verdict("aino") == "violation"
    await here.lives_to("2029-07-03")
    assert ("aino" in here.directory.closed) is True
    await here.check()
    state = await here.state("aino")
    assert state is not None
    assert state.gone_at is not None
    assert not state.is_open


async def test_nobody_without_a_right_to_a_mailbox_is_looked_at(here: CheckedTown) -> None:
    register = City().seat("aino", "election", until="2029-05-31")
    await here.know(register)
    here.tenant.has_user("aino", rules=[forward("r1", "aino@gmail.com")])
    here.tenant.has_user("clerk", rules=[forward("r1", "clerk@gmail.com")])
    result = await here.check()
    assert result.mailboxes == 0
    assert here.tenant.asked("read") == []


async def test_two_people_with_one_address_are_unknown(here: CheckedTown) -> None:
    register = council("aino", "bert")
    await here.know(register)
    here.tenant.has_user("aino", aliases=["bert@kuntala.example"], rules=[])
    await here.check()
    for person in ("aino", "bert"):
        state = await here.state(person)
        assert state is not None
        assert (state.verdict.value, state.error) == ("unknown", "shared_address")


async def test_an_allowed_domain_is_ok_until_the_allowance_ends(here: CheckedTown) -> None:
    """Case 26, and the end of it."""
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[forward("r1", "aino@partner.example")])
    await here.fixing()
    await here.allow("Partner.EXAMPLE", here.town.now + timedelta(days=2))
    await here.check()
    assert await here.verdict("aino") == "ok"
    here.passes(days=3)
    await here.check()
    assert await here.fixed("aino") == [("r1", 1, "done")]


async def test_a_tenant_that_refuses_leaves_the_verdicts_and_says_why(here: CheckedTown) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[forward("r1", "aino@gmail.com")])
    await here.check()
    before = await here.state("aino")
    here.tenant.mailboxes_down = no_consent()
    here.passes(hours=1)
    result = await here.check()
    assert result.why is not None
    assert not result.finished
    assert await here.state("aino") == before
    last = await here.last()
    assert last.why is not None
    assert (last.mailboxes, last.looked_at) == (1, 0)


async def test_ok_is_worth_nothing_once_nobody_has_looked_for_a_day(here: CheckedTown) -> None:
    await here.know(council("aino", "bert"))
    here.tenant.has_user("aino", rules=[])
    here.tenant.has_user("bert", rules=[forward("r1", "b@gmail.com")])
    await here.check()
    aino, bert = await here.state("aino"), await here.state("bert")
    assert aino is not None
    assert bert is not None
    later = here.town.now + timedelta(days=1)
    assert standing_verdict(aino, here.town.now).value == "ok"
    assert standing_verdict(aino, later).value == "unknown"
    assert standing_verdict(bert, later).value == "violation"


async def test_a_check_that_breaks_off_goes_on_where_it_was(here: CheckedTown) -> None:
    people = [f"p{number:02d}" for number in range(10)]
    await here.know(council(*people))
    for person in people:
        here.tenant.has_user(person, rules=[])
    here.tenant.down_after = 4
    first = await here.check("one")
    assert not first.finished
    assert first.why is not None
    assert not (await here.check("two")).claimed, "the tenant is left alone for a while"
    here.tenant.down_after = None
    here.passes(minutes=5)
    second = await here.check("one")
    assert second.finished
    assert second.looked_at == 10


async def test_who_asks_by_hand_does_not_wait_for_a_tenant_that_did_not_answer(here: CheckedTown) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[])
    here.tenant.down_after = 0
    assert (await here.check("one")).why is not None
    here.tenant.down_after = None
    assert not (await here.check("two")).claimed
    assert (await here.check()).finished


async def test_what_a_laptop_says_meanwhile_spares_nobody_the_look(here: CheckedTown) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[])
    await here.check()
    here.tenant.has_user("aino", rules=[forward("r1", "aino@gmail.com")])
    here.tenant.mailboxes_down = no_answer()
    await here.check()
    await here.says_laptop("aino")
    here.tenant.mailboxes_down = None
    here.passes(minutes=5)
    await here.check()
    assert await here.verdict("aino") == "violation"


async def test_a_tenant_that_does_not_answer_is_asked_less_and_less_often(here: CheckedTown) -> None:
    await here.know(council("aino"))
    here.tenant.down = no_answer()
    waits = []
    for _ in range(4):
        await here.check()
        busy_until = (await here.last()).busy_until
        assert busy_until is not None
        waits.append(busy_until - here.town.now)
        here.town.clock.at = busy_until
    assert waits == sorted(set(waits))


async def test_one_slot_is_looked_at_once(here: CheckedTown) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[])
    results = await asyncio.gather(*(here.check("09:00") for _ in range(3)))
    assert [one.claimed for one in results].count(True) == 1
    assert here.tenant.asked("read") == [("id-aino",)]
    assert not (await here.check("09:00")).claimed
    assert (await here.check("10:00")).claimed


async def test_what_changes_in_the_tenant_is_followed_by_delta_and_who_is_gone_is_gone(
    here: CheckedTown,
) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[forward("r1", "bert@kuntala.example")])
    here.tenant.has_user("bert", rules=[forward("r1", "b@gmail.com")])
    await here.check()
    assert await here.verdict("aino") == "violation"
    here.tenant.loses_user("bert")
    here.tenant.has_user("aino", address="aino.n@kuntala.example", aliases=["aino@kuntala.example"])
    await here.check()
    assert await here.verdict("aino") == "ok", "it bounces now"
    asked = here.tenant.asked("changed_users")
    assert asked[0] == ("",)
    assert asked[1] != ("",)
    here.tenant.forgets_bookmarks = True
    here.tenant.has_user("aino", guest=True)
    await here.check()
    assert await here.verdict("aino") == "ok"


async def test_a_subdomain_counts_only_once_the_tenant_verified_it(here: CheckedTown) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[forward("r1", "aino@mail.kuntala.example")])
    await here.check()
    assert await here.verdict("aino") == "violation"
    here.tenant.all_domains.append(Domain(name="mail.kuntala.example", verified=True, email=True))
    await here.check()
    assert await here.verdict("aino") == "ok"


async def test_since_when_a_verdict_stands_is_kept_while_it_is_the_same(here: CheckedTown) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[forward("r1", "aino@gmail.com")])
    began = here.town.now
    await here.check()
    here.passes(hours=1)
    await here.check()
    state = await here.state("aino")
    assert state is not None
    assert (state.since, state.checked_at) == (began, began + timedelta(hours=1, seconds=1))


async def test_progress_is_told(here: CheckedTown) -> None:
    await here.know(council("aino", "bert"))
    here.tenant.has_user("aino", rules=[])
    told: list[tuple[int, int]] = []
    await here.check(progress=lambda looked_at, mailboxes: told.append((looked_at, mailboxes)))
    assert told[0] == (0, 2)
    assert told[-1] == (2, 2)


async def test_people_are_asked_once_to_look_where_nobody_could_for_a_day(here: CheckedTown) -> None:
    await here.know(council("aino", "bert"))
    here.tenant.has_user("aino", rules=[])
    here.tenant.has_user("bert", rules=[])
    here.tenant.unreadable = {"id-aino": "ErrorAccessDenied", "id-bert": "ErrorAccessDenied"}
    for _ in range(3):
        await here.check()
        here.passes(hours=13)
    kinds = [task.kind.value for task in await here.tasks()]
    assert kinds.count("mail_unseen") == 1
    here.tenant.unreadable = {}
    await here.check()
    assert "mail_unseen" not in [task.kind.value for task in await here.tasks()]


async def test_what_a_laptop_could_read_is_not_overwritten_by_what_the_server_could_not(
    here: CheckedTown,
) -> None:
    await here.know(council("aino"))
    here.tenant.has_user("aino", rules=[])
    await here.check()
    await here.says_laptop("aino")
    here.tenant.unreadable["id-aino"] = "ErrorAccessDenied"
    here.passes(hours=1)
    await here.check()
    state = await here.state("aino")
    assert state is not None
    assert (state.verdict.value, state.by) == ("ok", LookedAtBy.LAPTOP)
    here.passes(days=1)
    await here.check()
    assert await here.verdict("aino") == "unknown"
