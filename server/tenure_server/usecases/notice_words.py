"""What stands in the gaps of a notice: dates, sums and names in the reader's language."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenure_server.domain.due_notices import DueNotice
from tenure_server.domain.facts import Facts
from tenure_server.domain.mail import Mail, mail_id
from tenure_server.domain.mandate import Mandate, Person, Seat
from tenure_server.domain.message import N_
from tenure_server.domain.notice import Channel
from tenure_server.domain.notice_template import Template, TemplateKey, fill
from tenure_server.domain.return_receipt import Part
from tenure_server.language import Translator, translator
from tenure_server.usecases.directive_words import Notice as LockWords
from tenure_server.usecases.ports import Templates

SEATS: Mapping[Seat, str] = {
    Seat.ORDINARY: N_("member"),
    Seat.CHAIR: N_("chair"),
    Seat.VICE_CHAIR: N_("vice chair"),
    Seat.DEPUTY: N_("deputy member"),
}
PARTS: Mapping[Part, str] = {
    Part.CHARGER: N_("charger"),
    Part.BAG: N_("bag"),
    Part.OTHER: N_("something else"),
}
_UNKNOWN = "-"
_BEFORE_MIDNIGHT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeWords:
    """What a municipality says in its notices."""

    lock: LockWords
    """City, place of return, phone and zone, as on lock screens."""
    hours: str = _UNKNOWN
    """When laptops are taken back."""
    contact: str = _UNKNOWN
    """Whom to tell that one goes on in another position."""
    link: str = _UNKNOWN
    """Where a return is booked, and things are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A mail, and by what template it was written."""

    mail: Mail
    template: Template

    @property
    def digest(self) -> str:
        """Return the hex SHA-256 of subject and text, as the records keep it."""
        return hashlib.sha256(f"{self.mail.subject}\n\n{self.mail.text}".encode()).hexdigest()


def write(
    municipality: str,
    due: DueNotice,
    facts: Facts,
    words: NoticeWords,
    templates: Templates,
    channel: Channel,
) -> Written | None:
    """Write one notice; None if the person is not known or has no address on that channel."""
    person = facts.people.get(due.person)
    address = _address(person, channel)
    if person is None or not address:
        return None
    language = templates.language_of(due.template, person.language)
    template = templates.template(due.template, language)
    subject, text = fill(template, gaps(due, person, facts, words, translator(language)))
    mail = Mail(id=mail_id(municipality, due.id), to=address, subject=subject, text=text, language=language)
    return Written(mail=mail, template=template)


def _address(person: Person | None, channel: Channel) -> str:
    if person is None:
        return ""
    match channel:
        case Channel.CITY:
            return person.email_city
        case Channel.PRIVATE:
            return person.email_private
        case Channel.NONE | Channel.STAFF:
            return ""


def gaps(
    due: DueNotice, person: Person, facts: Facts, words: NoticeWords, speak: Translator
) -> dict[str, str]:
    """Return what is filled in, by gap."""
    filled = {
        "name": person.name,
        "laptops": ", ".join(due.laptops) or _UNKNOWN,
        "address": person.email_city or _UNKNOWN,
        "role": _role(due.mandate, facts, speak),
        "other": _name(due, facts),
        "condition": due.condition or _UNKNOWN,
        "missing": _missing(due, speak),
        "amount": _amount(due, speak),
        "count": str(due.rules),
        "domains": ", ".join(due.domains),
        "decision": due.decision,
        **place(words, speak),
    }
    zone = words.lock.zone
    if due.ends is not None:
        filled["date"] = speak.date(due.ends - _BEFORE_MIDNIGHT, zone)
    if due.deadline is not None:
        filled["deadline"] = speak.date(due.deadline - _BEFORE_MIDNIGHT, zone)
    filled["moment"] = speak.moment(due.about, zone)
    if due.template in (TemplateKey.T_7, TemplateKey.T_1) and due.locks_at is not None:
        filled |= _locks(due.locks_at, words, speak)
    return {name: value or _UNKNOWN for name, value in filled.items()}


def place(words: NoticeWords, speak: Translator) -> dict[str, str]:
    """Return what every notice may say of the city."""
    lock = words.lock
    return {
        "city": lock.city_sv or lock.city if speak.language == "sv" else lock.city,
        "place": lock.place,
        "phone": lock.phone,
        "hours": words.hours,
        "contact": words.contact,
        "link": words.link,
    }


def _locks(at: datetime, words: NoticeWords, speak: Translator) -> dict[str, str]:
    return {"date": speak.date(at, words.lock.zone), "time": speak.time(at, words.lock.zone)}


def _role(mandate: Mandate | None, facts: Facts, speak: Translator) -> str:
    if mandate is None:
        return ""
    body = facts.bodies.get(mandate.body)
    names = (
        (body.name_sv, body.name_fi) if body and speak.language == "sv" else (body.name_fi if body else "",)
    )
    name = next((one for one in names if one), mandate.body)
    return f"{name}, {speak.gettext(SEATS[mandate.seat])}"


def _name(due: DueNotice, facts: Facts) -> str:
    other = facts.people.get(due.other) if due.other is not None else None
    return other.name if other is not None else due.other or ""


def _missing(due: DueNotice, speak: Translator) -> str:
    parts = [speak.gettext(PARTS[part]) for part in due.missing]
    return ", ".join(parts) or speak.gettext(N_("nothing"))


def _amount(due: DueNotice, speak: Translator) -> str:
    if due.amount is None:
        return speak.gettext(N_("the sum is told separately"))
    return speak.money(due.amount)
