"""A preview as lines for people: what would be added, changed, ended or kept, and what would follow."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from tenure_server.cli.plan_words import DESIRED, VERBS
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import Desired
from tenure_server.domain.register_preview import Change, Difference, Effect, Matter, Preview, StateChange
from tenure_server.language import Translator

_MATTERS = {
    Matter.MANDATE: N_("Mandate"),
    Matter.PERSON: N_("Person"),
    Matter.BODY: N_("Body"),
    Matter.DEVICE: N_("Device"),
    Matter.CUSTODY: N_("Custody"),
    Matter.AGREEMENT: N_("Agreement"),
    Matter.HOLD: N_("Hold"),
}
_CHANGES = {
    Change.ADDED: N_("added"),
    Change.CHANGED: N_("changed"),
    Change.ENDED: N_("ended"),
    Change.REMOVED: N_("removed"),
    Change.UNMATCHED: N_("missing in the file, kept"),
}


def preview_lines(
    preview: Preview, zone: ZoneInfo, speak: Translator, *, importable: bool = True
) -> Iterator[str]:
    """Write a preview, everything of it."""
    for one in preview.differences:
        yield _difference(one, speak)
        yield from (
            f"    {each.column}: {each.was or '-'} -> {each.now or '-'}"
            for each in one.fields
            if one.change is not Change.ADDED
        )
    if preview.states or preview.effects:
        yield speak.gettext("What would follow:")
    for state in preview.states:
        yield _state(state, speak)
    for effect in preview.effects:
        yield _effect(effect, zone, speak)
    if not preview.differences:
        yield speak.gettext("Nothing would change.")
    if importable:
        yield speak.say(say(N_("To import exactly this: --previewed {digest}"), digest=preview.digest))


def _difference(one: Difference, speak: Translator) -> str:
    matter, change = speak.gettext(_MATTERS[one.matter]), speak.gettext(_CHANGES[one.change])
    return f"{matter} {' '.join(filter(None, one.key.values()))}: {change}"


def _state(one: StateChange, speak: Translator) -> str:
    was, now = (speak.gettext(DESIRED[Desired(state)]) for state in (one.was, one.now))
    why = "; ".join(f"{speak.say(each.fact)} ({each.rule})" for each in one.because)
    return f"    {one.serial}: {was} -> {now}. {why}"


def _effect(one: Effect, zone: ZoneInfo, speak: Translator) -> str:
    verb = speak.gettext(VERBS[one.verb])
    subject = one.person or "" if one.serial is None else f"{one.serial} ({one.person or '-'})"
    return f"    {subject}: {verb} ({one.rule}): {_moment(one.was, zone)} -> {_moment(one.now, zone)}"


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return "-" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
