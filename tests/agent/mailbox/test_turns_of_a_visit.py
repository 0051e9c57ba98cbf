"""A visit takes the turns of the mail job last, and no failure of theirs is one of the visit."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fakes.agent import Agent
from tenure_agent.mailbox.memory import recall, remember
from tenure_agent.mailbox.plan import MailMemory, Turn
from tenure_agent.visit import Visit
from tenure_policies.envelope import PayloadType, seal, signer_for
from tenure_policies.forwarding.mail_order import MailOrder, MailReport


class MailAgent(Agent):
    """An agent whose mail job is a function."""

    turns: list[tuple[Turn, float]]
    fails: BaseException | None = None
    verdict: str = "ok"

    def visit(self) -> Any:
        parts = self.parts()
        object.__setattr__(parts, "look_at_mail", self.take)
        return Visit(parts).run()

    def take(self, turn: Turn, fix_seconds: float) -> None:
        self.turns.append((turn, fix_seconds))
        if self.fails is not None:
            raise self.fails
        held = self.server.requests[-1]
        memory = recall(self.journal) or MailMemory(device=held.device, epoch=held.epoch)
        if turn is Turn.SIGN_OUT:
            remember(self.journal, msgspec.structs.replace(memory, address="", number=0))
            return
        number, now = self.server_number, self.clock.wall()
        report = MailReport(number=number, state="checked", verdict=self.verdict, checked_at=now)
        done = msgspec.structs.replace(memory, number=number, ran_at=now, report=report)
        remember(self.journal, done)

    server_number: int = 0

    def ordered(self, number: int, **changes: Any) -> "MailAgent":
        assert self.server.laptop is not None
        now = self.clock.wall()
        fields: dict[str, Any] = {
            "municipality": "kuntala", "device": "device-1", "epoch": self.server.laptop.epoch,
            "number": number, "issued": now, "expires": now + timedelta(days=7), "address": "aino@city.gov",
            "language": "fi", "authority": "https://login.microsoftonline.com/t", "client_id": "c",
            "graph": "https://graph.microsoft.com/v1.0", "fix_until": now + timedelta(hours=24),
        }  # fmt: skip
        order = MailOrder(**{**fields, **changes})
        document = seal(order, PayloadType.MAIL_ORDER, signer_for(self.server.city.directive))
        self.server.changes["mail_order"] = document
        self.server_number = number
        return self

    def signs_in(self) -> None:
        memory = recall(self.journal)
        assert memory is not None
        remember(self.journal, msgspec.structs.replace(memory, address="aino@city.gov"))


@pytest.fixture
def agent(tmp_path: Path) -> MailAgent:
    made = MailAgent(tmp_path)
    made.turns = []
    made.enrol()
    return made


def told(agent: MailAgent) -> MailReport:
    return msgspec.json.decode(agent.server.documents["mail"], type=MailReport)


def test_without_an_order_there_is_no_turn(agent: MailAgent):
    agent.visit()
    assert agent.turns == []


def test_an_order_is_looked_into_in_the_visit_that_brought_it_and_reported_in_it(agent: MailAgent):
    agent.ordered(1).visit()
    assert [turn for turn, _ in agent.turns] == [Turn.CHECK]
    assert agent.turns[0][1] == pytest.approx(24 * 3600, abs=5)
    assert told(agent).number == 1
    assert "os" in agent.server.documents, "the inventory went before"
    digests = agent.server.requests[-1].digests
    assert {"os", "mail"} <= digests.keys()


def test_an_equal_report_is_not_sent_twice_and_always_shown(agent: MailAgent):
    agent.ordered(1).visit()
    sent = len([one for one in agent.server.requests if "mail" in one.documents])
    agent.visit()
    assert len([one for one in agent.server.requests if "mail" in one.documents]) == sent
    assert "mail" in agent.server.requests[-1].digests


def test_a_lease_that_is_over_by_the_signed_time_gives_no_seconds(agent: MailAgent):
    agent.ordered(1, fix_until=agent.clock.wall() - timedelta(minutes=1)).visit()
    assert agent.turns == [(Turn.CHECK, 0.0)]
    agent.ordered(2, fix_until=None).visit()
    assert agent.turns[-1] == (Turn.CHECK, 0.0)


def test_a_visit_without_an_answer_looks_at_nothing(agent: MailAgent):
    agent.ordered(1).visit()
    agent.turns.clear()
    agent.near.is_down = True
    agent.clock.passes(hours=3)
    agent.visit()
    assert agent.turns == []


@pytest.mark.parametrize("failure", [RuntimeError("broken"), OSError("no memory")])
def test_a_look_that_fails_hinders_neither_the_visit_nor_a_lock(agent: MailAgent, failure: Exception):
    agent.fails = failure
    assert agent.ordered(1).visit().answered
    agent.order(state="locked", lock_id="lock-7")
    assert agent.locked_under() == "lock-7"


def test_a_laptop_is_unlocked_before_anything_is_looked_at(agent: MailAgent):
    agent.ordered(1)
    agent.order(state="locked")
    agent.turns.clear()
    seen: list[str | None] = []
    take = agent.take

    def looking(turn: Turn, seconds: float) -> None:
        seen.append(agent.locked_under())
        take(turn, seconds)

    agent.take = looking  # type: ignore[method-assign]
    agent.server.order(seq=2, lock_id="lock-2")
    agent.ordered(2).visit()
    assert seen == [None]


def test_a_lock_ends_the_sign_in_and_a_new_holder_does_and_is_looked_at(agent: MailAgent):
    agent.ordered(1).visit()
    agent.signs_in()
    agent.ordered(2, address="eero@city.gov").visit()
    assert [turn for turn, _ in agent.turns] == [Turn.CHECK, Turn.SIGN_OUT, Turn.CHECK]
    agent.signs_in()
    agent.turns.clear()
    agent.order(state="locked")
    assert [turn for turn, _ in agent.turns] == [Turn.SIGN_OUT]


def test_a_job_that_changes_nothing_is_not_run_for_ever(agent: MailAgent):
    agent.take = lambda turn, seconds: agent.turns.append((turn, seconds))  # type: ignore[method-assign]
    agent.ordered(1).visit()
    assert len(agent.turns) == len(Turn)
