"""What is to be done to one person's account, and how far it has come. Pure: no I/O, no clock.

Rules: sign-in is blocked from the end of the mailbox right, and given back with it (P20, cases 11, 44); the
mailbox is closed a month later unless something bars it (P20, cases 10, 12, 38); a staff account is never
touched (case 23). Level-triggered: the plan is compared with what was asked for last.

States::

    due --asked--> requested --> done
     |                 |
     +--> done         +--> cancelled | failed
     +--> cancelled | failed
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.plan import PersonPlan, Step, Verb
from tenure_server.domain.record import RecordKind


class AccountVerb(StrEnum):
    """What is done to an account."""

    BLOCK_SIGN_IN = "block_sign_in"
    """End the sessions and let nobody sign in."""
    UNBLOCK_SIGN_IN = "unblock_sign_in"
    CLOSE_MAILBOX = "close_mailbox"
    REOPEN_MAILBOX = "reopen_mailbox"


class AccountState(StrEnum):
    """How far a step has come; the value is what the database stores."""

    DUE = "due"
    """Recorded; the directory may have been asked and may not have answered."""
    REQUESTED = "requested"
    """The directory has taken it over and has not finished: people were asked."""
    DONE = "done"
    CANCELLED = "cancelled"
    """The facts changed first."""
    FAILED = "failed"
    """The directory will never do it: people were asked instead."""


ALLOWED: dict[AccountState, frozenset[AccountState]] = {
    AccountState.DUE: frozenset(
        {AccountState.REQUESTED, AccountState.DONE, AccountState.CANCELLED, AccountState.FAILED}
    ),
    AccountState.REQUESTED: frozenset({AccountState.DONE, AccountState.CANCELLED, AccountState.FAILED}),
    AccountState.DONE: frozenset(),
    AccountState.CANCELLED: frozenset(),
    AccountState.FAILED: frozenset({AccountState.DONE, AccountState.CANCELLED}),
}


class AccountTransitionError(ValueError):
    """A step cannot go from here to there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStep:
    """One thing to do to one account."""

    person: PersonId
    number: int
    """From 1 for each person: the order in which the steps were decided."""
    verb: AccountVerb
    due: datetime
    """When the right ended or came back, or the month was over."""
    at: datetime
    """When it was recorded."""
    rule: str
    state: AccountState = AccountState.DUE
    asked_at: datetime | None = None
    """When the directory was asked last; set before the call."""
    attempts: int = 0
    retry_at: datetime | None = None
    done_at: datetime | None = None
    reference: str = ""
    """What the directory calls it: a task's id where people do it."""
    assumed: bool = False
    """Whether it counts as done because it may have been: nobody can tell."""
    why: Message | None = None
    """Why it was cancelled, or could not be done."""

    @property
    def id(self) -> str:
        """Name it by its person and place in their order."""
        return f"{self.person}/{self.number:05d}"

    @property
    def subject(self) -> str:
        """Return whose account it is."""
        return self.person

    @property
    def is_open(self) -> bool:
        """Tell whether something is still to be done."""
        return self.state in (AccountState.DUE, AccountState.REQUESTED, AccountState.FAILED)


ACCOUNT_STEPS: RecordKind[AccountStep] = RecordKind(name="account_step", type=AccountStep)


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryAnswer:
    """What became of what the directory was asked to do."""

    done: bool
    """False: it was taken over and is not finished."""
    reference: str = ""
    remark: Message | None = None
    """What was found, where that is not the rule: no such account, say."""
    left: Message | None = None
    """What the directory could not do on the way, and people must."""


def advance(step: AccountStep, to: AccountState, **facts: object) -> AccountStep:
    """Return the step in its new state.

    Raises:
        AccountTransitionError: The way is not in `ALLOWED`.
    """
    if to not in ALLOWED[step.state]:
        raise AccountTransitionError(f"a step that is {step.state} cannot become {to}")
    return replace(step, state=to, **facts)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """What a comparison of plan and steps leads to."""

    begin: tuple[AccountStep, ...] = ()
    cancel: tuple[tuple[AccountStep, Message], ...] = ()
    """Steps that have certainly done nothing, with why they are not to."""
    assume: tuple[AccountStep, ...] = ()
    """Steps that may have been carried out: they count as done, and what begins undoes them."""


def assume_done(step: AccountStep, now: datetime) -> AccountStep:
    """Return a step that counts as done because it may have been."""
    why = say(N_("It may have been carried out: it counts as done, and its opposite is asked for."))
    return advance(step, AccountState.DONE, done_at=now, assumed=True, why=why)


def compare(planned: PersonPlan, known: Sequence[AccountStep], now: datetime) -> AccountChange:
    """Compare one person's plan with the steps so far, in their order; return what is to change."""
    block, closing = _due(planned, Verb.BLOCK_SIGN_IN, now), _due(planned, Verb.CLOSE_MAILBOX, now)
    sign_in = _in_line(block, _standing(known, _SIGN_IN), _SIGN_IN)
    mailbox = _in_line(closing, _standing(known, _MAILBOX), _MAILBOX)
    if not planned.mailbox.entitled and mailbox.begin is AccountVerb.REOPEN_MAILBOX:
        # Barred meanwhile by a hold or an appeal: what was closed stays so.
        mailbox = replace(mailbox, begin=None)
    number = max((step.number for step in known), default=0)
    begin: list[AccountStep] = []
    for line, wanted in ((sign_in, block), (mailbox, closing)):
        if line.begin is not None:
            number += 1
            due, rule = (now, "P9") if wanted is None else (wanted.at, wanted.rule)
            begin.append(
                AccountStep(person=planned.person, number=number, verb=line.begin, due=due, at=now, rule=rule)
            )
    both = (sign_in, mailbox)
    return AccountChange(
        begin=tuple(begin),
        cancel=tuple((line.cancel, _why_cancelled(line.cancel)) for line in both if line.cancel is not None),
        assume=tuple(line.assume for line in both if line.assume is not None),
    )


_Pair = tuple[AccountVerb, AccountVerb]
_SIGN_IN: _Pair = (AccountVerb.BLOCK_SIGN_IN, AccountVerb.UNBLOCK_SIGN_IN)
_MAILBOX: _Pair = (AccountVerb.CLOSE_MAILBOX, AccountVerb.REOPEN_MAILBOX)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """What one pair of opposite verbs comes to."""

    begin: AccountVerb | None = None
    cancel: AccountStep | None = None
    assume: AccountStep | None = None


def _in_line(wanted: Step | None, standing: Sequence[AccountStep], pair: _Pair) -> _Line:
    """Compare one pair of opposite verbs with what stands of them."""
    shut = wanted is not None
    if _certainly(standing, pair, shut=shut):
        return _Line()
    begin = pair[0] if shut else pair[1]
    last = standing[-1] if standing else None
    if last is None or not last.is_open:
        return _Line(begin=begin)
    if not _without_effect(last):
        return _Line(begin=begin, assume=last)
    return _Line(begin=None if _certainly(standing[:-1], pair, shut=shut) else begin, cancel=last)


def _standing(known: Sequence[AccountStep], pair: _Pair) -> Sequence[AccountStep]:
    return [step for step in known if step.verb in pair and step.state is not AccountState.CANCELLED]


def _certainly(standing: Sequence[AccountStep], pair: _Pair, *, shut: bool) -> bool:
    """Tell whether what was asked for last is what is wanted, and was not merely assumed to be done."""
    if not standing:
        return not shut
    return (standing[-1].verb is pair[0]) == shut and not standing[-1].assumed


def _without_effect(step: AccountStep) -> bool:
    """Tell whether a step has done nothing yet: it was not asked for, or its task stands open."""
    never_asked = step.state is AccountState.DUE and step.asked_at is None
    return never_asked or step.state is AccountState.REQUESTED


def _due(planned: PersonPlan, verb: Verb, now: datetime) -> Step | None:
    """Return the newest step of a verb that is due and that nothing bars."""
    due = [step for step in planned.timeline if step.verb is verb and step.at <= now and not step.needs]
    return due[-1] if due else None


def _why_cancelled(step: AccountStep) -> Message:
    match step.verb:
        case AccountVerb.CLOSE_MAILBOX:
            return say(N_("The mailbox stays: a right to it came, or something bars its closing."))
        case AccountVerb.BLOCK_SIGN_IN:
            return say(N_("The right to sign in goes on, or has come back."))
        case AccountVerb.UNBLOCK_SIGN_IN | AccountVerb.REOPEN_MAILBOX:
            return say(N_("The right ended again before this was done."))
