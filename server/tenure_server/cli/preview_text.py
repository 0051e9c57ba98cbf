"""A preview as lines for people: what would be added, changed, ended or kept, and what would follow."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from tenure_server.cli.moments import readable, with_moments
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
    preview: Preview, zone: ZoneInfo, speak: Translator, *, importable: bool = True, approval: bool = False
) -> Iterator[str]:
    """Write a preview, everything of it, and how to import it: with an approval, where it needs one."""
    for one in preview.differences:
        yield _difference(one, zone, speak)
        if one.change is not Change.ADDED:
            yield from _fields(one, zone, speak)
    if preview.states or preview.effects:
        yield speak.gettext("What would follow:")
    for state in preview.states:
        yield _state(state, zone, speak)
    for effect in preview.effects:
        yield _effect(effect, zone, speak)
    if not preview.differences:
        yield speak.gettext("Nothing would change.")
    if importable:
        plain = N_("To import exactly this: --previewed {digest}")
        signed = N_("To import exactly this: --previewed {digest} --approval FILE, signed by two approvers")
        yield speak.say(say(signed if approval else plain, digest=preview.digest))


def _difference(one: Difference, zone: ZoneInfo, speak: Translator) -> str:
    matter, change = speak.gettext(_MATTERS[one.matter]), speak.gettext(_CHANGES[one.change])
    key = " ".join(readable(text, zone, speak) for text in one.key.values() if text)
    return f"{matter} {key}: {change}"


def _fields(one: Difference, zone: ZoneInfo, speak: Translator) -> Iterator[str]:
    for each in one.fields:
        was, now = (readable(text or "-", zone, speak) for text in (each.was, each.now))
        yield f"    {each.column}: {was} -> {now}"


def _state(one: StateChange, zone: ZoneInfo, speak: Translator) -> str:
    was, now = (speak.gettext(DESIRED[Desired(state)]) for state in (one.was, one.now))
    facts = ((with_moments(each.fact, zone, speak), each.rule) for each in one.because)
    why = "; ".join(f"{speak.say(fact)} ({rule})" for fact, rule in facts)
    return f"    {one.serial}: {was} -> {now}. {why}"


def _effect(one: Effect, zone: ZoneInfo, speak: Translator) -> str:
    verb = speak.gettext(VERBS[one.verb])
    was, now = ("-" if at is None else speak.moment(at, zone) for at in (one.was, one.now))
    subject = one.person or "" if one.serial is None else f"{one.serial} ({one.person or '-'})"
    return f"    {subject}: {verb} ({one.rule}): {was} -> {now}"
