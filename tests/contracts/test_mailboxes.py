"""Inbox rules are handled alike by the tenant in memory and by Graph's adapter on the simulated one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.graph_simulator import running
from fakes.tenant import forward, read_only
from fakes.tenant_stages import InMemory, Stage, on_simulator, simulated
from tenure_policies.forwarding.tenant import Mailbox
from tenure_server.domain.errors import RefusedError, UnavailableError


@pytest.fixture(params=["fake", "graph"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    if request.param == "fake":
        yield InMemory()
        return
    tenant = simulated()
    async with running(tenant) as simulator:
        one = on_simulator(tenant, simulator, tmp_path)
        yield one
        await one.client.close()


async def read(stage: Stage, *names: str) -> dict[str, Mailbox]:
    found = [one async for one in stage.mailboxes.read([f"id-{name}" for name in names])]
    assert len(found) == len(names), "each once"
    return {one.user.removeprefix("id-"): one for one in found}


@pytest.mark.parametrize("count", [0, 1, 20, 45])
async def test_each_mailbox_is_read_once(stage: Stage, count: int) -> None:
    names = [f"u{number}" for number in range(count)]
    for name in names:
        stage.has_user(name, rules=[forward(f"r-{name}", "a@gmail.com")])
    found = await read(stage, *names)
    assert {name: [rule["id"] for rule in one.rules or ()] for name, one in found.items()} == {
        name: [f"r-{name}"] for name in names
    }
    assert all(one.error is None for one in found.values())


async def test_a_mailbox_without_rules_has_none_and_no_error(stage: Stage) -> None:
    stage.has_user("aino")
    assert (await read(stage, "aino"))["aino"] == Mailbox(user="id-aino", rules=())


async def test_all_rules_of_a_mailbox_are_read_however_many(stage: Stage) -> None:
    stage.has_user("aino", rules=[forward(f"r{number}", f"a{number}@gmail.com") for number in range(7)])
    mailbox = (await read(stage, "aino"))["aino"]
    assert [rule["id"] for rule in mailbox.rules or ()] == [f"r{number}" for number in range(7)]


async def test_a_rule_is_told_as_graph_shows_it(stage: Stage) -> None:
    stage.has_user("aino", rules=[forward("r1", "a@gmail.com", enabled=False), read_only("r2")])
    one, other = (await read(stage, "aino"))["aino"].rules or ()
    assert one["isEnabled"] is False
    assert one["actions"]["forwardTo"][0]["emailAddress"]["address"] == "a@gmail.com"
    assert other["isReadOnly"] is True
    assert "actions" not in other


async def test_a_mailbox_that_may_not_be_read_says_so_and_has_no_rules(stage: Stage) -> None:
    stage.has_user("aino", rules=[forward("r1", "a@gmail.com")])
    stage.has_user("bo")
    stage.may_not_read("aino")
    found = await read(stage, "aino", "bo")
    assert found["aino"] == Mailbox(user="id-aino", error="ErrorAccessDenied", rules=None)
    assert found["bo"].rules == ()


async def test_an_account_that_is_gone_is_an_error_of_its_own(stage: Stage) -> None:
    stage.has_user("aino")
    found = await read(stage, "aino", "nobody")
    assert found["nobody"].error
    assert found["nobody"].rules is None
    assert found["aino"].error is None


async def test_switching_off_changes_that_and_nothing_else(stage: Stage) -> None:
    conditions = {"subjectContains": ["lasku"]}
    stage.has_user(
        "aino", rules=[forward("r1", "a@gmail.com", conditions=conditions), forward("r2", "b@x.fi")]
    )
    before = dict(stage.rule("aino", "r1"))
    answer = await stage.mailboxes.switch_off("id-aino", "r1")
    assert (answer.done, answer.was_on, answer.gone) == (True, True, False)
    assert stage.rule("aino", "r1") == {**before, "isEnabled": False}
    assert stage.rule("aino", "r2")["isEnabled"] is True


async def test_switching_off_again_does_no_harm(stage: Stage) -> None:
    stage.has_user("aino", rules=[forward("r1", "a@gmail.com")])
    await stage.mailboxes.switch_off("id-aino", "r1")
    answer = await stage.mailboxes.switch_off("id-aino", "r1")
    assert (answer.done, answer.was_on, answer.gone) == (True, False, False)


async def test_a_rule_that_is_gone_is_done(stage: Stage) -> None:
    stage.has_user("aino")
    answer = await stage.mailboxes.switch_off("id-aino", "r1")
    assert (answer.done, answer.was_on, answer.gone) == (True, False, True)


async def test_a_rule_that_graph_cannot_express_is_not_done_and_says_why(stage: Stage) -> None:
    stage.has_user("aino", rules=[read_only("r1")])
    answer = await stage.mailboxes.switch_off("id-aino", "r1")
    assert not answer.done
    assert answer.why
    assert stage.rule("aino", "r1")["isEnabled"] is True


async def test_a_tenant_that_does_not_answer_is_unavailable_and_nothing_is_taken_for_read(
    stage: Stage,
) -> None:
    stage.has_user("aino", rules=[forward("r1", "a@gmail.com")])
    stage.goes_down()
    with pytest.raises(UnavailableError):
        await read(stage, "aino")
    with pytest.raises(UnavailableError):
        await stage.mailboxes.switch_off("id-aino", "r1")


async def test_a_tenant_that_lets_us_read_nothing_refuses(stage: Stage) -> None:
    stage.has_user("aino")
    stage.takes_consent_away()
    with pytest.raises(RefusedError):
        await read(stage, "aino")
