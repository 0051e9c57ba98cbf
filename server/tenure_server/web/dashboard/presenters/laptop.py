"""One laptop's page, ready to print. Pure: no I/O, no clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from tenure_server.domain.plan import Desired
from tenure_server.usecases.views import LaptopPage, ProofView, Reported, TimelineStep
from tenure_server.web.dashboard.presenters import addresses, records, timeline, words
from tenure_server.web.dashboard.presenters.laptops import Line, Why, line, why
from tenure_server.web.dashboard.presenters.moments import Moment, Scribe
from tenure_server.web.dashboard.presenters.records import (
    AuditLine,
    CustodyLine,
    DirectiveLine,
    Fact,
    ReceiptLine,
)
from tenure_server.web.dashboard.presenters.timeline import Drawing
from tenure_server.web.dashboard.presenters.words import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One row of the table behind the timeline."""

    number: int
    name: str
    when: Moment | None
    rule: str
    rule_text: str
    needs: str
    state: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofLine:
    """What is known of the wipe."""

    label: Label
    text: str
    at: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole page."""

    as_of: Moment | None
    live_href: str
    laptop: Line
    because: tuple[Why, ...]
    facts: tuple[Fact, ...]
    drawing: Drawing | None
    steps: tuple[StepLine, ...]
    directives: tuple[DirectiveLine, ...]
    receipts: tuple[ReceiptLine, ...]
    proof: ProofLine | None
    custodies: tuple[CustodyLine, ...]
    audit: tuple[AuditLine, ...]


def present(view: LaptopPage, scribe: Scribe) -> Page:
    """Prepare one laptop's page."""
    names = [words.verb(step.verb, step.key, scribe.speak) for step in view.steps]
    return Page(
        as_of=scribe.exactly(view.at),
        live_href=f"{addresses.laptop(view.laptop.serial)}/live",
        laptop=line(view.laptop, scribe),
        because=tuple(why(reason, scribe) for reason in view.laptop.because),
        facts=_facts(view, scribe),
        drawing=timeline.draw(view.steps, names, scribe),
        steps=tuple(
            _step(number, name, step, scribe)
            for number, (name, step) in enumerate(zip(names, view.steps, strict=True), start=1)
        ),
        directives=tuple(records.directive(row, scribe) for row in view.directives),
        receipts=tuple(records.receipt(row, scribe) for row in view.receipts),
        proof=_proof(view, scribe),
        custodies=tuple(records.custody(row, scribe) for row in view.custodies),
        audit=tuple(records.audit(row, scribe) for row in view.audit),
    )


def _facts(view: LaptopPage, scribe: Scribe) -> tuple[Fact, ...]:
    speak, _ = scribe.speak, scribe.speak.gettext
    key = view.device_key or ""
    known = [
        (_("Model"), view.laptop.model, False),
        (
            _("Purchase price"),
            speak.money(view.purchase_price) if view.purchase_price is not None else "",
            False,
        ),
        (_("Lease ends"), _plain_day(view.lease_end, scribe), False),
        (_("Agent"), view.agent_version or "", False),
        (_("Enrolment epoch"), speak.number(view.epoch) if view.epoch is not None else "", False),
        (_("Device key"), key, True),
        (_("Key kept in"), _key_storage(view.key_storage, scribe), False),
    ]
    return tuple(Fact(name=name, value=value, code=code) for name, value, code in known if value)


def _plain_day(day: date | None, scribe: Scribe) -> str:
    return scribe.speak.date(datetime.combine(day, time(12), UTC), UTC) if day else ""


def _key_storage(storage: str | None, scribe: Scribe) -> str:
    _ = scribe.speak.gettext
    known = {"tpm": _("the laptop's security chip (TPM)"), "software": _("a file on the laptop (software)")}
    return known.get(storage or "", storage or "")


def _step(number: int, name: str, step: TimelineStep, scribe: Scribe) -> StepLine:
    _ = scribe.speak.gettext
    states = {
        "done": Label(text=_("Done"), tone="done"),
        "due": Label(text=_("Due"), tone="wait"),
        "barred": Label(text=_("Waits"), tone="blank"),
        "open": Label(text=_("Planned"), tone="calm"),
    }
    return StepLine(
        number=number,
        name=name,
        when=scribe.exactly(step.at),
        rule=step.rule,
        rule_text=words.rule(step.rule, scribe.speak),
        needs="" if step.done else ", ".join(words.need(need, scribe.speak) for need in step.needs),
        state=states[timeline.look(step, scribe.now)],
    )


def _proof(view: LaptopPage, scribe: Scribe) -> ProofLine | None:
    _ = scribe.speak.gettext
    seen: ProofView | None = view.proof
    if seen is None:
        if Desired.WIPED is not view.laptop.desired and view.laptop.reported is not Reported.UNPROVEN:
            return None
        label = Label(text=_("Unproven"), tone="grave")
        return ProofLine(label=label, text=_("Nothing shows yet that the wipe was carried out."), at=None)
    if seen.proven:
        label = Label(text=_("Proven"), tone="done")
        text = _("The disk opened before and does not open any more: its keys are gone ({method}).")
    elif seen.emulated:
        label = Label(text=_("Emulated"), tone="grave")
        text = _("The wipe was only emulated ({method}); that proves nothing.")
    else:
        label = Label(text=_("Unproven"), tone="grave")
        text = _("The laptop reported a wipe ({method}), but what it saw does not prove it.")
    return ProofLine(label=label, text=text.format(method=seen.method), at=scribe.exactly(seen.at))
