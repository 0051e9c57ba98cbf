"""Which order to look at a mailbox holds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.agent import Agent
from fakes.municipality import Municipality, new_key
from tenure_agent.mailbox.order import HeldOrder, held_order, judge_order
from tenure_policies.directive import Identity
from tenure_policies.envelope import PayloadType, SignedDocument, seal, signer_for
from tenure_policies.forwarding.mail_order import MailOrder
from tenure_policies.trusted_keys import Refusal, RefusedDocumentError

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
CITY = Municipality()
ME = Identity(municipality="kuntala", device="device-1", device_key="k" * 64, epoch=2, serial="S1")


def order(**changes: Any) -> MailOrder:
    fields: dict[str, Any] = {
        "municipality": "kuntala", "device": "device-1", "epoch": 2, "number": 5, "issued": NOW,
        "expires": NOW + timedelta(days=7), "address": "aino@city.gov", "language": "fi",
        "authority": "https://login.microsoftonline.com/t", "client_id": "c",
        "graph": "https://graph.microsoft.com/v1.0",
    }  # fmt: skip
    return MailOrder(**{**fields, **changes})


def signed(one: MailOrder, key: Any = None, kind: PayloadType = PayloadType.MAIL_ORDER) -> SignedDocument:
    return seal(one, kind, signer_for(key or CITY.directive))


def judged(document: SignedDocument, held: HeldOrder | None = None) -> MailOrder | None:
    return judge_order(document, held=held, identity=ME, keys=CITY.keys, now=NOW)


HELD = held_order(signed(order()))


def test_an_order_of_the_directive_key_for_this_laptop_holds():
    assert judged(signed(order())) == order()
    assert judged(signed(order(number=6)), HELD) == order(number=6)


def test_the_order_that_is_followed_already_is_no_news_and_no_refusal():
    assert judged(signed(order()), HELD) is None


@pytest.mark.parametrize(
    ("document", "refusal"),
    [
        (signed(order(), new_key()), Refusal.BAD_SIGNATURE),
        (signed(order(), CITY.release), Refusal.BAD_SIGNATURE),
        (signed(order(), kind=PayloadType.DIRECTIVE), Refusal.WRONG_TYPE),
        (signed(order(municipality="naapuri")), Refusal.OTHER_MUNICIPALITY),
        (signed(order(device="device-2")), Refusal.OTHER_DEVICE),
        (signed(order(epoch=1)), Refusal.OTHER_EPOCH),
        (signed(order(number=4)), Refusal.OLDER_SEQ),
        (signed(order(address="eero@city.gov")), Refusal.SAME_SEQ_OTHER_DIGEST),
        (signed(order(number=6, expires=NOW)), Refusal.EXPIRED),
        (signed(order(number=6, critical=("soon",))), Refusal.UNREADABLE),
    ],
)
def test_everything_else_is_refused_with_its_reason(document: SignedDocument, refusal: Refusal):
    with pytest.raises(RefusedDocumentError) as refused:
        judged(document, HELD)
    assert refused.value.refusal is refusal


def test_a_visit_keeps_the_order_shows_its_number_and_reports_what_it_refused(tmp_path: Path):
    agent = Agent(tmp_path).enrol()
    agent.server.changes["mail_order"] = agent_order(agent, number=3)
    agent.visit()
    agent.server.changes["mail_order"] = agent_order(agent, number=2)
    agent.visit()
    agent.server.changes.clear()
    agent.visit()
    assert [request.mail_order for request in agent.server.requests][-1] == 3
    held = held_order(agent.journal.mail_order())
    assert held is not None
    assert held.order.number == 3
    assert agent.reported_refusals() == [Refusal.OLDER_SEQ]


def test_a_new_enrolment_forgets_the_order(tmp_path: Path):
    agent = Agent(tmp_path).enrol()
    agent.server.changes["mail_order"] = agent_order(agent, number=3)
    agent.visit()
    agent.server.changes.clear()
    agent.enrol()
    assert agent.journal.mail_order() is None
    agent.visit()
    assert agent.server.requests[-1].mail_order == 0


def agent_order(agent: Agent, **changes: Any) -> SignedDocument:
    assert agent.server.laptop is not None
    one = order(epoch=agent.server.laptop.epoch, expires=agent.clock.wall() + timedelta(days=7), **changes)
    return seal(one, PayloadType.MAIL_ORDER, signer_for(agent.server.city.directive))
