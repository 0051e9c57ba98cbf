"""One visit: act on what is held, ask the server what is new, act on that, and only then look around.

Order (design.md, "Two verbs"):
1. resume what was interrupted, then decide and act on what the journal holds: works with the server down;
2. one signed exchange; new keys, time, manifest, release and directive are judged and journalled; act;
3. exchange again while receipts wait to be acknowledged, since a wipe begins only after its "accepted" was,
   and once to show that a new directive is followed;
4. tell the watcher when to wake, so that an unlock is not kept waiting by what follows;
5. observe, and send the documents that the server does not have;
6. last, look at the holder's mailbox if that is ordered and due, in a process of its own, and send what was
   found: whatever becomes of it, nothing above has waited for it.

A server that is silent, busy, hostile or says no changes nothing that is held: the lease goes on counting.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_agent.accept import Accepting, held_directive
from tenure_agent.adapters.clock_floor import continued, raised, trusted_now
from tenure_agent.carry_out import CarryingOut
from tenure_agent.decide import AwaitReport, Refuse, Situation, Step, decide, only_the_wall_says_so
from tenure_agent.errors import AgentError, ServerRefusedError, ServerUnavailableError
from tenure_agent.language import N_
from tenure_agent.mailbox.memory import mail_document, recall
from tenure_agent.mailbox.order import held_order
from tenure_agent.mailbox.plan import Turn, next_turn
from tenure_agent.next_visit import (
    REFUSED_RETRY_SECONDS,
    Budget,
    Wake,
    after_answer,
    after_silence,
    next_wake,
    refill,
)
from tenure_agent.ports import Clock, Enforcer, Enrolment, Journal, Server
from tenure_agent.report import Reporting
from tenure_policies.forwarding.mail_order import MAIL_DOCUMENT
from tenure_policies.payloads import Directive
from tenure_policies.trusted_keys import RefusedDocumentError
from tenure_policies.wire import ClockReport, VisitAnswer, VisitRequest

LOGGER = logging.getLogger("tenure_agent.visit")

MAX_STEPS: Final = 8
MAX_EXCHANGES: Final = 4
LARGEST_VISIT: Final = 2**52
"""An answer that names more is not believed: the counter would end, and the laptop be refused for ever."""
CLOCK_TOLERANCE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visiting:
    """What a visit needs of the laptop and the world."""

    enrolment: Enrolment
    journal: Journal
    enforcer: Enforcer
    server: Server
    clock: Clock
    key: ec.EllipticCurvePrivateKey
    accepting: Accepting
    observe: Callable[[], Mapping[str, bytes]]
    """Makes the inventory documents; ends in time, with nothing if need be."""
    tell_watcher: Callable[[Wake, str | None], None]
    """Told when to wake, and with which ticket to wait meanwhile."""
    serial: Callable[[], str]
    """Reads the serial from the firmware, not from what was enrolled."""
    chance: Callable[[], float]
    """A number from 0 to 1, for jitter."""
    burst: int
    refill_seconds: int
    look_at_mail: Callable[[Turn, float], None] | None = None
    """Runs one turn of the mail job to its end, with the seconds for which it may fix; None: no job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """How a visit ended."""

    answered: bool
    why_not: AgentError | None = None
    """What kept the server's answer away."""


class Visit:
    """One visit, from beginning to end."""

    def __init__(self, parts: Visiting) -> None:
        self._parts = parts
        self._journal = parts.journal
        self._signed_now: datetime | None = None
        self._last_step: Step | None = None
        self._answer: VisitAnswer | None = None
        self._reporting = Reporting(
            journal=parts.journal, enforcer=parts.enforcer, clock=parts.clock, enrolment=parts.enrolment
        )
        self._acting = CarryingOut(
            journal=parts.journal,
            enforcer=parts.enforcer,
            enrolment=parts.enrolment,
            key=parts.key,
            now=self._now,
        )

    def run(self) -> Visited:
        """Make the visit.

        Raises:
            JournalError: Nothing can be recorded, so nothing was done.
        """
        self._advance_clock(None)
        self._act()
        if not self._spend_visit():
            LOGGER.warning("too many visits", extra={"burst": self._parts.burst})
            self._tell_watcher(float(self._parts.refill_seconds))
            return Visited(answered=False)
        try:
            self._exchange_until_reported()
            self._tell_watcher(self._next_seconds())
            self._observe()
            self._look_at_mail()
        except (ServerUnavailableError, ServerRefusedError) as error:
            return self._without_answer(error)
        self._journal.note("failures", "0")
        self._journal.note("last_visit", self._now().isoformat())
        return Visited(answered=True)

    def _exchange_until_reported(self) -> None:
        shown = self._held_digest()
        answer = self._exchange(documents={}, with_held=False)
        for _ in range(MAX_EXCHANGES - 1):
            owes = bool(self._journal.receipts()) or isinstance(self._last_step, AwaitReport)
            if not (owes or answer.want_held or self._held_digest() != shown):
                return
            shown = self._held_digest()
            answer = self._exchange(documents={}, with_held=answer.want_held)

    def _held_digest(self) -> str | None:
        held = held_directive(self._journal)
        return None if held is None else held.digest

    def _observe(self) -> None:
        observed, mail = self._parts.observe(), self._mail()
        self._send_documents({**observed, **mail} if mail else observed)

    def _send_documents(self, documents: Mapping[str, bytes]) -> None:
        request = self._request(documents, with_held=False) if documents else None
        if request is not None and request.documents:
            self._send(request)

    def _mail(self) -> dict[str, bytes]:
        document = mail_document(self._journal, self._parts.enrolment.identity.epoch)
        return {} if document is None else {MAIL_DOCUMENT: document}

    def _look_at_mail(self) -> None:
        """Take the turns that are due; no failure of theirs is one of the visit."""
        run, before = self._parts.look_at_mail, self._mail()
        for _ in Turn:
            held = held_order(self._journal.mail_order())
            order, now = None if held is None else held.order, self._now()
            locked = self._parts.enforcer.locked_under() is not None
            turn = next_turn(recall(self._journal), order, locked=locked, now=now)
            if run is None or turn is None:
                break
            until = None if order is None else order.fix_until
            try:
                run(turn, 0.0 if until is None else max(0.0, (until - now).total_seconds()))
            except Exception:
                LOGGER.exception("the look at the mailbox failed")
                break
        if self._mail() != before:
            self._send_documents(self._mail())

    def _exchange(self, documents: Mapping[str, bytes], *, with_held: bool) -> VisitAnswer:
        return self._send(self._request(documents, with_held=with_held))

    def _send(self, request: VisitRequest) -> VisitAnswer:
        parts = self._parts
        try:
            answer = self._ask(request)
        except ServerRefusedError as error:
            last = error.facts.get("last_visit")
            if error.code != "replay" or not isinstance(last, int) or not 0 <= last < LARGEST_VISIT:
                raise
            self._journal.adopt_visit(last)
            request = msgspec.structs.replace(request, visit=self._journal.next_visit())
            answer = self._ask(request)
        taken = parts.accepting.time_of(answer, request.nonce, parts.clock.wall())
        if taken.signed_now is not None:
            self._signed_now = taken.signed_now
            self._advance_clock(taken.signed_now)
            self._reporting.delivered(request, answer)
            parts.accepting.documents_of(answer, taken, self._now())
        for refused in taken.refused:
            _log_refusal(refused)
        if taken.signed_now is None:
            raise ServerUnavailableError(
                N_("The server's answer is not for this laptop; nothing was changed.")
            )
        self._answer = answer
        self._act()
        return answer

    def _ask(self, request: VisitRequest) -> VisitAnswer:
        parts = self._parts
        return parts.server.visit(
            request, key=parts.key, audience=parts.enrolment.audience, created=self._now()
        )

    def _request(self, documents: Mapping[str, bytes], *, with_held: bool) -> VisitRequest:
        return self._reporting.request(
            held=held_directive(self._journal),
            keys_number=self._parts.accepting.keys.document.number,
            clock=ClockReport(trusted=self._trusted(), wall=self._parts.clock.wall()),
            documents=documents,
            with_held=with_held,
        )

    def _act(self) -> None:
        for _ in range(MAX_STEPS):
            situation = self._situation()
            step = decide(situation)
            self._last_step = step
            if isinstance(step, Refuse):
                self._refuse(step, situation)
            if not self._acting.perform(step, situation.directive):
                return
            LOGGER.info("acted", extra={"step": type(step).__name__})

    def _refuse(self, step: Refuse, situation: Situation) -> None:
        error = RefusedDocumentError(step.refusal, step.detail)
        seq = 0 if situation.directive is None else situation.directive.seq
        subject = f"seq {seq} of epoch {situation.identity.epoch}"
        if self._journal.note_refusal(
            step.refusal, step.detail, alarm=error.alarm, subject=subject, at=self._now()
        ):
            _log_refusal(error)

    def _situation(self) -> Situation:
        parts, journal = self._parts, self._journal
        held = held_directive(journal)
        manifest, release = journal.authority()
        suspicion = journal.suspicion()
        return Situation(
            identity=replace(parts.enrolment.identity, serial=parts.serial()),
            keys=parts.accepting.keys,
            is_real=parts.enforcer.is_real,
            directive=None if held is None else held.directive,
            locked_under=parts.enforcer.locked_under(),
            trusted=self._trusted(),
            wall=parts.clock.wall(),
            signed_now=self._signed_now,
            suspected_for=None if suspicion is None else timedelta(seconds=suspicion.seconds),
            manifest=manifest,
            release=release,
            unfinished=journal.unfinished(),
            last_lock=journal.last_lock(),
            last_wipe=journal.last_wipe(),
            receipts_through=journal.receipts_through(),
        )

    def _trusted(self) -> datetime | None:
        return trusted_now(self._journal.floor(), self._parts.clock.anchor())

    def _now(self) -> datetime:
        return self._trusted() or self._parts.clock.wall()

    def _advance_clock(self, signed: datetime | None) -> None:
        anchor, wall = self._parts.clock.anchor(), self._parts.clock.wall()
        floor = raised(self._journal.floor(), anchor, signed)
        if floor is not None:
            self._journal.set_floor(floor)
            if wall < floor.at - CLOCK_TOLERANCE:
                LOGGER.warning("the wall clock is behind", extra={"wall": wall, "floor": floor.at})
        held = held_directive(self._journal)
        suspicious = held is not None and only_the_wall_says_so(held.directive, self._trusted(), wall)
        if suspicious and signed is None:
            self._journal.set_suspicion(continued(self._journal.suspicion(), anchor))
        else:
            self._journal.set_suspicion(None)

    def _spend_visit(self) -> bool:
        noted = self._journal.noted("budget")
        before = None if noted is None else msgspec.json.decode(noted, type=Budget)
        anchor = self._parts.clock.anchor()
        budget = refill(before, anchor, burst=self._parts.burst, refill_seconds=self._parts.refill_seconds)
        if budget.visits < 1:
            return False
        left = Budget(visits=budget.visits - 1, anchor=anchor)
        self._journal.note("budget", msgspec.json.encode(left).decode("utf-8"))
        return True

    def _next_seconds(self) -> float:
        asked = 0 if self._answer is None else self._answer.visit_after_seconds
        return after_answer(asked, self._parts.chance())

    def _without_answer(self, error: ServerUnavailableError | ServerRefusedError) -> Visited:
        failures = int(self._journal.noted("failures") or 0) + 1
        self._journal.note("failures", str(failures))
        LOGGER.warning("no answer", extra={"reason": str(error), "failures": failures})
        if isinstance(error, ServerRefusedError):
            self._tell_watcher(REFUSED_RETRY_SECONDS * (1 + 0.2 * self._parts.chance()))
        else:
            wait = after_silence(failures, error.retry_after_seconds, self._parts.chance())
            self._tell_watcher(wait)
        return Visited(answered=False, why_not=error)

    def _tell_watcher(self, base_seconds: float) -> None:
        held = held_directive(self._journal)
        directive = None if held is None else held.directive
        wake = next_wake(
            base_seconds,
            directive=directive,
            is_locked_here=_is_locked_under(self._parts.enforcer, directive),
            trusted=self._trusted(),
            wall=self._parts.clock.wall(),
            suspicion=self._journal.suspicion(),
        )
        ticket = None if self._answer is None else self._answer.ticket
        self._parts.tell_watcher(wake, ticket)


def _is_locked_under(enforcer: Enforcer, directive: Directive | None) -> bool:
    return directive is not None and enforcer.locked_under() == directive.lock_id


def _log_refusal(error: RefusedDocumentError) -> None:
    level = logging.ERROR if error.alarm else logging.WARNING
    LOGGER.log(
        level,
        "a document was refused",
        extra={"refusal": error.refusal.value, "detail": error.detail, "alarm": error.alarm},
    )
