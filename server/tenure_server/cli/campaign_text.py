"""`tenure campaign` as lines to read, in the reader's language."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import tzinfo

from tenure_policies.payloads import Sentences
from tenure_server.cli.plan_words import STATUSES
from tenure_server.domain.campaign import ListBar, ManifestStatus
from tenure_server.domain.civil_time import last_day
from tenure_server.domain.message import N_, say
from tenure_server.domain.plain_text import plain
from tenure_server.domain.plan import PersonStatus
from tenure_server.language import Translator
from tenure_server.usecases.campaigns import DryLaptop, DryRun, ListedLaptop, ListView, Ready, Stage

MANIFEST_STATUSES = {
    ManifestStatus.DRAFT: N_("waits for approvals"),
    ManifestStatus.APPROVED: N_("approved"),
    ManifestStatus.WITHDRAWN: N_("withdrawn"),
}
STAGES = {
    Stage.VOID: N_("void: {why}"),
    Stage.LISTED: N_("not wiped"),
    Stage.RELEASED: N_("released"),
    Stage.FAILED: N_("wipe failed"),
    Stage.UNCONFIRMED: N_("wiped, unproven"),
    Stage.PROVEN: N_("wiped, proven"),
}
BARS = {
    ListBar.CONFIRMATION: N_("the end is not confirmed"),
    ListBar.HOLD_RELEASE: N_("a hold stands"),
    ListBar.CUSTODY_CONFIRMATION: N_("who has it is not certain"),
    ListBar.FRESH_REGISTER: N_("the register is too old"),
    ListBar.HUMAN_DECISION: N_("a person decides"),
    ListBar.NO_AGENT: N_("no agent that could be ordered"),
    ListBar.EXCLUDED: N_("left out by the preparer"),
    ListBar.CASE_CLOSED: N_("its case is closed"),
    ListBar.NO_CASE: N_("its case opens thirty days before the end"),
    ListBar.TOO_EARLY: N_("listed three weeks before the wipe"),
    ListBar.RELEASED: N_("its wipe was released"),
    ListBar.LISTED: N_("on a list"),
}
DISKS = {
    Ready.YES: N_("disk encrypted"),
    Ready.NO: N_("DISK NOT ENCRYPTED"),
    Ready.UNKNOWN: N_("disk not known"),
}


def list_of_lists(views: Sequence[ListView], speak: Translator) -> Iterator[str]:
    """Write one line for each list."""
    if not views:
        yield speak.gettext("There are no lists yet.")
    for view in views:
        status = speak.gettext(MANIFEST_STATUSES[view.status])
        yield f"{plain(view.id)}  {status}  {len(view.approvals)}  {plain(words(view.name, speak))}"


def list_lines(view: ListView, speak: Translator, zone: tzinfo) -> Iterator[str]:
    """Write one list with every laptop on it."""
    yield plain(words(view.name, speak))
    yield f"{plain(view.id)}  {speak.gettext(MANIFEST_STATUSES[view.status])}"
    yield f"SHA-256  {view.digest}"
    if view.prepared_by:
        yield speak.say(say(N_("Prepared by {key}"), key=view.prepared_by))
    for key in view.approvals:
        yield speak.say(say(N_("Approved by {key}"), key=key))
    for laptop in view.laptops:
        not_before = speak.moment(laptop.not_before, zone)
        line = (
            f"{plain(laptop.serial)}  {not_before}  {_stage(laptop, speak)}  {_first(laptop.canary, speak)}"
        )
        yield line.rstrip()
        yield f"    {plain(words(laptop.reason, speak))}"


def _stage(laptop: ListedLaptop, speak: Translator) -> str:
    return speak.say(say(STAGES[laptop.stage], why=laptop.void_because or "-"))


def dry_run_lines(found: DryRun, speak: Translator, zone: tzinfo) -> Iterator[str]:
    """Write what would be listed, and why the rest would not."""
    yield speak.say(
        say(N_("Dry run for the rights that end with {day}: nothing was written."), day=found.day)
    )
    counts = Counter(one.status for one in found.laptops if one.holder)
    for status in (PersonStatus.KEEPS, PersonStatus.RETURNS, PersonStatus.UNKNOWN):
        yield f"{speak.gettext(STATUSES[status])}: {counts[status]}"
    for ends, count in found.other_days:
        sentence = N_("No right ends with that day; with {day} end those to laptops: {count}")
        yield speak.say(say(sentence, day=last_day(ends, zone), count=count))
    for number, one in enumerate(found.lists, start=1):
        yield ""
        kind = speak.gettext("campaign") if one.campaign else speak.gettext("single end")
        yield f"{number}. {plain(words(one.name, speak))} ({kind})"
        for serial in one.serials:
            yield from _listed(next(row for row in found.laptops if row.serial == serial), speak, zone)
    others = [row for row in found.laptops if not row.listed]
    if others:
        yield ""
        yield speak.gettext("Not listed:")
    for row in others:
        why = ", ".join(speak.gettext(BARS[bar]) for bar in row.bars) or speak.gettext(STATUSES[row.status])
        yield f"  {plain(row.serial)}  {plain(row.holder or '-')}  {why}"


def _listed(row: DryLaptop, speak: Translator, zone: tzinfo) -> Iterator[str]:
    due = "" if row.wipe_at is None else speak.moment(row.wipe_at, zone)
    disk = speak.gettext(DISKS[row.ready])
    yield f"  {plain(row.serial)}  {due}  {disk}  {_first(row.canary, speak)}".rstrip()
    if row.reason is not None:
        yield f"      {plain(words(row.reason, speak))}"


def _first(canary: bool, speak: Translator) -> str:
    return speak.gettext("goes first") if canary else ""


def words(sentences: Sentences, speak: Translator) -> str:
    """Return the sentence in the reader's language, English where there is none."""
    return str(getattr(sentences, speak.language, "") or sentences.en)
