"""The words of a list: what ends, when and by which paragraph, and a reason for each laptop on it.

Approvers read them before they sign, in their own language; the English of them is the entry's `reason`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tenure_policies.payloads import Sentences
from tenure_server.domain.entitlement import end_of
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Mandate, Person, death_of
from tenure_server.domain.message import N_, Message, say
from tenure_server.language import Translator, translator
from tenure_server.usecases.campaign_candidates import Candidate

MOMENT = timedelta(seconds=1)
OF_PLACE = "V2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What the reasons are told from."""

    people: Mapping[PersonId, Person]
    mandates: Mapping[PersonId, Sequence[Mandate]]
    zone: ZoneInfo

    @classmethod
    def of(cls, facts: Facts, zone: ZoneInfo) -> "Story":
        """Sort the facts, once for all laptops."""
        mandates: defaultdict[PersonId, list[Mandate]] = defaultdict(list)
        for mandate in facts.mandates:
            mandates[mandate.person].append(mandate)
        return cls(people=facts.people, mandates=mandates, zone=zone)


def reason_of(candidate: Candidate, story: Story) -> Sentences:
    """Say why one laptop is to be wiped: who, what ended, when, by which rule and paragraph."""
    zone = story.zone
    holder = candidate.plan.holder
    person = story.people.get(PersonId(holder or ""))
    who = (holder or "-") if person is None else f"{person.name} ({person.id})"
    ends = candidate.ends
    seats = _seats(story.mandates.get(PersonId(holder or ""), ()), ends)
    decision = "" if candidate.case is None else candidate.case.decision

    def phrase(words: Translator) -> Message:
        date = words.date(ends - MOMENT, zone)
        rule = candidate.step.rule
        if candidate.is_back:
            return say(N_("Came back on {date}; to be wiped before anybody else gets it ({rule})."),
                       date=words.date(candidate.step.at, zone), rule=rule)  # fmt: skip
        if rule == OF_PLACE:
            return say(
                N_("{who}: the last agreement ends with {date} ({rule})."), who=who, date=date, rule=rule
            )
        if decision:
            sentence = N_("{who}: the right to a laptop ends with {date}: {seats} ({rule}; {decision}).")
        else:
            sentence = N_("{who}: the right to a laptop ends with {date}: {seats} ({rule}).")
        return say(sentence, who=who, date=date, seats=seats, rule=rule, decision=decision)

    return _in_all(phrase)


def name_of(together: Sequence[Candidate], zone: ZoneInfo) -> Sentences:
    """Name a list: how many rights end, when, and by which paragraphs."""
    count = len(together)
    decisions = ", ".join(sorted({one.case.decision for one in together if one.case and one.case.decision}))
    leaving = [one.ends for one in together if not one.is_back]

    def phrase(words: Translator) -> Message:
        if not leaving:
            return say(N_("Back with IT: {serials}"), serials=", ".join(one.serial for one in together))
        date = words.date(min(leaving) - MOMENT, zone)
        if decisions:
            return say(
                N_("Rights that end with {date} ({decisions}): laptops {count}"),
                date=date,
                decisions=decisions,
                count=count,
            )
        return say(N_("Rights that end with {date}: laptops {count}"), date=date, count=count)

    return _in_all(phrase)


def _seats(rows: Sequence[Mandate], ends: datetime) -> str:
    """Name the seats that end then, as the register does."""
    death = death_of(rows)
    named = sorted({_seat(row) for row in rows if end_of(row, death) == ends})
    return ", ".join(named) or "-"


def _seat(mandate: Mandate) -> str:
    return f"{mandate.body}/{mandate.seat.value}"


def _in_all(phrase: Callable[[Translator], Message]) -> Sentences:
    said = {}
    for language in ("fi", "sv", "en"):
        words = translator(language)
        said[language] = words.say(phrase(words))
    return Sentences(fi=said["fi"], sv=said["sv"], en=said["en"])
