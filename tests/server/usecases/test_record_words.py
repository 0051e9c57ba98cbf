"""Every record about a person or a laptop is told in words, whatever its state."""

import importlib
import pkgutil
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

import tenure_server.domain
from tenure_policies.forwarding.verdicts import Finding, FindingKind, MailVerdict, Reason
from tenure_server.domain.account_facts import AccountFacts, RuleCleared, opened_again
from tenure_server.domain.account_step import AccountState, AccountStep, AccountVerb
from tenure_server.domain.charge import Charge, ChargeState
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.incident import ActKind, Incident
from tenure_server.domain.loan import Loan
from tenure_server.domain.mail_check import FixState, LookedAtBy, MailboxState, RuleFix
from tenure_server.domain.message import say
from tenure_server.domain.notice import Notice, NoticeState
from tenure_server.domain.plan import Reason as PlanReason
from tenure_server.domain.record import RecordKind
from tenure_server.domain.task import Task, TaskKind
from tenure_server.domain.tenant_account import ClosingWay
from tenure_server.usecases.record_words import TELLERS

NOON = datetime(2029, 6, 1, 9, tzinfo=UTC)
AINO = PersonId("aino")
L1 = Serial("L1")
OF_NO_SUBJECT = {"commitment_text", "handover_event", "lock_log", "source", "person_match", "row_ruling"} | {
    "closing_list",
    "allowed_domain",
    "fixing_switch",
    "last_mail_check",
    "mail_order",
    "tenant_book",
    "tenant_users",
}
"""About the city's own texts, rows and tenant: `tenure explain` tells of people and laptops."""


def told(record: Any) -> list[str]:
    (tell,) = [tell for kind, tell in TELLERS if isinstance(record, kind.type)]
    return [str(one) for one in tell(record)]


def test_every_kind_of_record_about_a_person_or_a_laptop_is_told() -> None:
    kinds = set()
    for module in pkgutil.iter_modules(tenure_server.domain.__path__):
        found = vars(importlib.import_module(f"tenure_server.domain.{module.name}")).values()
        kinds |= {one.name for one in found if isinstance(one, RecordKind)}
    assert kinds - OF_NO_SUBJECT == {kind.name for kind, _ in TELLERS}


@pytest.mark.parametrize("state", NoticeState)
def test_every_state_of_a_notice_has_words(state: NoticeState) -> None:
    notice = Notice(person="aino", key="T-7", about=NOON, at=NOON, rule="P14", state=state)
    assert "T-7" in told(notice)[0]


@pytest.mark.parametrize("state", AccountState)
@pytest.mark.parametrize("verb", AccountVerb)
def test_every_step_of_an_account_has_words(verb: AccountVerb, state: AccountState) -> None:
    step = AccountStep(person=AINO, number=1, verb=verb, due=NOON, at=NOON, rule="P20", state=state)
    assert all(sentence.endswith(".") for sentence in told(step))


@pytest.mark.parametrize("state", ChargeState)
def test_every_state_of_a_charge_names_the_laptop_and_why(state: ChargeState) -> None:
    charge = Charge(
        person=AINO, serial=L1, ends=NOON, deadline=NOON, at=NOON, price_eur=Decimal(900), evidence=(),
        price_vat_eur=None, state=state, why=say("It came back."),
    )  # fmt: skip
    assert "L1" in told(charge)[0]
    assert told(charge)[1] == "It came back."


@pytest.mark.parametrize("verdict", MailVerdict)
def test_every_verdict_on_a_mailbox_has_words(verdict: MailVerdict) -> None:
    outside = Finding(
        kind=FindingKind.RULE, reason=Reason.OUTSIDE_DOMAIN, target_domain="gmail.com", outside=True
    )
    state = MailboxState(
        person=AINO, at=NOON, checked_at=NOON, by=LookedAtBy.SERVER, verdict=verdict, findings=(outside,)
    )
    (sentence,) = told(state)
    assert "2029-06-01T09:00:00Z" in sentence
    assert ("gmail.com" in sentence) is (verdict is MailVerdict.VIOLATION)
    assert told(replace(state, gone_at=NOON)) != [sentence]


@pytest.mark.parametrize("state", FixState)
def test_every_state_of_a_fix_names_the_domain_and_why(state: FixState) -> None:
    fix = RuleFix(
        person=AINO, user="u", rule="secret-rule", number=1, at=NOON, by=LookedAtBy.SERVER,
        target_domains=("gmail.com",), state=state, why=say("It was off."),
    )  # fmt: skip
    assert "gmail.com" in told(fix)[0]
    assert told(fix)[1] == "It was off."


@pytest.mark.parametrize("kind", ActKind)
def test_every_incident_says_when_it_ran_and_what_the_facts_say_now(kind: ActKind) -> None:
    now = PlanReason(fact=say("A seat entitles to it."), rule="P8")
    incident = Incident(
        id="i",
        kind=kind,
        subject="L1",
        at=NOON,
        ran_at=NOON,
        ordered_at=NOON,
        holder="aino",
        was=(),
        now=(now,),
    )
    assert "2029-06-01T09:00:00Z" in told(incident)[0]
    assert told(incident)[1] == "A seat entitles to it."


@pytest.mark.parametrize(
    ("confirmed", "ended", "word"), [(None, None, "have yet to"), (NOON, None, "both"), (NOON, NOON, "over")]
)
def test_every_state_of_a_loan_names_both(
    confirmed: datetime | None, ended: datetime | None, word: str
) -> None:
    loan = Loan(
        serial=L1, lender=AINO, borrower=PersonId("bert"), start=NOON, lender_confirmed_at=confirmed,
        borrower_confirmed_at=confirmed, ended_at=ended,
    )  # fmt: skip
    (sentence,) = told(loan)
    assert "aino" in sentence
    assert "bert" in sentence
    assert word in sentence


@pytest.mark.parametrize("way", ClosingWay)
def test_what_was_done_to_an_account_is_told_without_its_id_or_a_domain(way: ClosingWay) -> None:
    facts = AccountFacts(
        person=AINO, user="u1", at=NOON, blocked_by="aino/00001", closed_by="aino/00002", way=way.value,
        cleared=(RuleCleared(rule="r1", target_domains=("gmail.example",)),),
    )  # fmt: skip
    sentences = told(facts)
    assert len(sentences) == 3
    assert not any(word in " ".join(sentences) for word in ("u1", "r1", "gmail"))
    assert told(opened_again(replace(facts, blocked_by="", cleared=()))) == [
        "The account in the tenant stands as it was."
    ]


def test_a_task_tells_why_a_person_has_to() -> None:
    task = Task(
        kind=TaskKind.BLOCK_SIGN_IN, subject="aino", at=NOON, due=None, why=say("Block it."),
        because=say("It holds a role."),
    )  # fmt: skip
    assert told(task) == ["Block it.", "It holds a role."]
