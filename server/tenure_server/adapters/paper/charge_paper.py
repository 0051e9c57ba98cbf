"""A proposed charge and its evidence as a PDF/UA-1 document, in the reader's language; decides nothing."""

import json
from collections.abc import Iterator
from decimal import Decimal
from importlib import resources
from zoneinfo import ZoneInfo

import typst

from tenure_server.domain.charge import Charge, EvidenceLine
from tenure_server.domain.message import N_, say
from tenure_server.language import Translator
from tenure_server.usecases.charge_file import ChargeFile

Block = dict[str, str]
TOPICS = {
    "mandate": N_("Positions of trust"),
    "custody": N_("Who had the laptop"),
    "commitment": N_("What was signed"),
    "notice": N_("What the person was told"),
    "receipt": N_("Return receipts"),
    "dispute": N_("Disputes"),
    "hold": N_("Holds"),
    "price": N_("Original purchase price"),
}
_MISSING = {
    "commitment": N_("No signed commitment is on record."),
    "notice": N_("No notice about this end was sent."),
    "receipt": N_("No return receipt is on record."),
    "price": N_("The original purchase price is not known."),
}
_NAMES = {
    "mandate": N_("Seat"),
    "status": N_("Status"),
    "basis": N_("Basis of the end"),
    "decision": N_("Decision"),
    "end_decision": N_("Decision that confirms the end"),
    "serial": N_("Laptop"),
    "kind": N_("Kind"),
    "reason": N_("Reason"),
    "version": N_("Version"),
    "language": N_("Language"),
    "digest": N_("SHA-256"),
    "key": N_("Notice"),
    "state": N_("State"),
    "channel": N_("Sent to"),
    "text": N_("SHA-256 of the text"),
    "number": N_("Number"),
    "condition": N_("Condition"),
    "missing_parts": N_("Missing parts"),
    "reference": N_("Reference"),
    "without_vat": N_("Without VAT, EUR"),
    "with_vat": N_("With VAT, EUR"),
}


def charge_pdf(file: ChargeFile, *, city: str, zone: ZoneInfo, speak: Translator) -> bytes:
    """Print a proposal with its evidence; the same proposal gives the same bytes."""
    charge = file.charge
    title = speak.say(say(N_("Proposal to charge for {serial}"), serial=charge.serial))
    foot = speak.say(say(N_("Evidence SHA-256: {digest}"), digest=file.digest))
    page = {
        "language": speak.language,
        "title": title,
        "city": city,
        "blocks": [*_summary(file, zone, speak), *_evidence(charge, zone, speak)],
        "foot": foot,
    }
    return typst.compile(
        resources.files(__package__).joinpath("page.typ").read_bytes(),
        sys_inputs={"page": json.dumps(page)},
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
    )


def _summary(file: ChargeFile, zone: ZoneInfo, speak: Translator) -> Iterator[Block]:
    charge = file.charge
    sentence = N_(
        "The laptop was to be returned when the right to it ended, and within a month at the latest (P18). "
        "It is not known to have come back. This is a proposal: a person decides."
    )
    yield _block("paragraph", speak.gettext(sentence))
    yield _fact(speak.gettext(N_("Person")), f"{file.person_name} ({charge.person})")
    yield _fact(speak.gettext(N_("Laptop")), f"{file.model} {charge.serial}".strip())
    yield _fact(speak.gettext(N_("The right ended")), speak.moment(charge.ends, zone))
    yield _fact(speak.gettext(N_("The month was over")), speak.moment(charge.deadline, zone))
    yield _fact(speak.gettext(N_("Proposed")), speak.moment(charge.at, zone))
    yield _fact(speak.gettext(N_("Original purchase price")), _price(charge, speak))
    yield _fact(speak.gettext(N_("State")), charge.state.value)
    if charge.decided_by:
        yield _fact(speak.gettext(N_("Decided by")), f"{charge.decided_by}: {charge.reason}")
    if charge.why is not None:
        yield _block("paragraph", speak.say(charge.why))


def _price(charge: Charge, speak: Translator) -> str:
    if charge.price is None:
        return speak.gettext(N_("Not known: it is to be found out before anybody is charged."))
    both = (_money(charge.price_eur, speak), _money(charge.price_vat_eur, speak))
    return speak.say(say(N_("{without} without VAT, {with_vat} with VAT"), without=both[0], with_vat=both[1]))


def _money(amount: Decimal | None, speak: Translator) -> str:
    return "-" if amount is None else speak.money(amount)


def _evidence(charge: Charge, zone: ZoneInfo, speak: Translator) -> Iterator[Block]:
    topic = ""
    for line in charge.evidence:
        if line.topic != topic:
            topic = line.topic
            yield _block("heading", speak.gettext(TOPICS.get(topic, topic)))
        yield _block("item", _told(line, zone, speak))


def _told(line: EvidenceLine, zone: ZoneInfo, speak: Translator) -> str:
    if "missing" in line.values:
        return speak.gettext(_MISSING[line.topic])
    when = "" if line.at is None else speak.moment(line.at, zone)
    if line.until is not None:
        when = f"{when} - {speak.moment(line.until, zone)}"
    said = [f"{speak.gettext(_NAMES[name])}: {value}" for name, value in line.values.items() if value]
    return ". ".join([when, *said] if when else said)


def _fact(name: str, text: str) -> Block:
    return _block("fact", text, name)


def _block(kind: str, text: str, name: str = "") -> Block:
    return {"kind": kind, "text": text, "name": name}
