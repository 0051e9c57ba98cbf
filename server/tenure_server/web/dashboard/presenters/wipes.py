"""The wipes, ready to print: lists that wait for signatures, and how far the signed ones have come.

Pure: no I/O, no clock. Nothing here approves: approvers sign on their own computer, over the exact list.
"""

from dataclasses import dataclass

from tenure_server.usecases.views import Approval, ManifestLaptop, ManifestRow, Manifests
from tenure_server.web.dashboard.presenters import addresses
from tenure_server.web.dashboard.presenters.laptops import Line, line
from tenure_server.web.dashboard.presenters.moments import Moment, Scribe
from tenure_server.web.dashboard.presenters.words import Label

SHORT_KEY = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalLine:
    """One signature."""

    name: str
    key: str
    at: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestLaptopLine:
    """One laptop on a list."""

    serial: str
    href: str
    holder: str
    reason: str
    not_before: Moment | None
    state: Label
    since: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestCard:
    """One list."""

    id: str
    title: str
    state: Label
    issued: Moment | None
    expires: Moment | None
    digest: str
    command: str
    """What an approver types; empty when enough have signed or the list is over."""
    approvals: tuple[ApprovalLine, ...]
    signatures: str
    progress: str
    laptops: tuple[ManifestLaptopLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole page."""

    as_of: Moment | None
    switched_on: bool
    manifests: tuple[ManifestCard, ...]
    unlisted: tuple[Line, ...]


def present(view: Manifests, scribe: Scribe, *, server: str) -> Page:
    """Prepare the page of the wipes; `server` is this server's address, for the approver's command."""
    return Page(
        as_of=scribe.exactly(view.at),
        switched_on=view.wipe_switched_on,
        manifests=tuple(_manifest(row, scribe, server) for row in view.manifests),
        unlisted=tuple(line(row, scribe) for row in view.unlisted),
    )


def _manifest(row: ManifestRow, scribe: Scribe, server: str) -> ManifestCard:
    speak, _ = scribe.speak, scribe.speak.gettext
    signed, proven = len(row.approvals), sum(laptop.proven is not None for laptop in row.laptops)
    over = row.expires <= scribe.now
    waits = signed < row.threshold and not over
    kind = _("Campaign {id}") if row.campaign else _("List {id}")
    signatures = speak.ngettext(
        "{signed} of {needed} signature", "{signed} of {needed} signatures", row.threshold
    )
    progress = speak.ngettext(
        "{proven} of {total} wipe proven", "{proven} of {total} wipes proven", len(row.laptops)
    )
    return ManifestCard(
        id=row.id,
        title=kind.format(id=row.id),
        state=_state(row, scribe, waits=waits, over=over, finished=proven == len(row.laptops)),
        issued=scribe.exactly(row.issued),
        expires=scribe.exactly(row.expires),
        digest=row.digest,
        command=f"tenure approve sign {row.id} --server {server} --key FILE" if waits else "",
        approvals=tuple(_approval(approval, scribe) for approval in row.approvals),
        signatures=signatures.format(signed=signed, needed=row.threshold),
        progress=progress.format(proven=proven, total=len(row.laptops)),
        laptops=tuple(_laptop(laptop, scribe) for laptop in row.laptops),
    )


def _state(row: ManifestRow, scribe: Scribe, *, waits: bool, over: bool, finished: bool) -> Label:
    _ = scribe.speak.gettext
    if row.laptops and finished:
        return Label(text=_("All proven"), tone="done")
    if over:
        return Label(text=_("Expired"), tone="grave")
    if waits:
        return Label(text=_("Waits for signatures"), tone="wait")
    return Label(text=_("Approved"), tone="calm")


def _approval(approval: Approval, scribe: Scribe) -> ApprovalLine:
    # A key that was given no name is called by its own beginning; once is enough.
    name = "" if approval.key.startswith(approval.name) else approval.name
    return ApprovalLine(name=name, key=approval.key[:SHORT_KEY], at=scribe.exactly(approval.at))


def _laptop(laptop: ManifestLaptop, scribe: Scribe) -> ManifestLaptopLine:
    _ = scribe.speak.gettext
    if laptop.proven:
        state, since = Label(text=_("Wiped, proven"), tone="done"), laptop.proven
    elif laptop.released:
        state, since = Label(text=_("Released, unproven"), tone="grave"), laptop.released
    elif laptop.locked:
        state, since = Label(text=_("Locked"), tone="lock"), laptop.locked
    else:
        state, since = Label(text=_("Not locked yet"), tone="blank"), None
    return ManifestLaptopLine(
        serial=laptop.serial,
        href=addresses.laptop(laptop.serial),
        holder=laptop.holder,
        reason=laptop.reason,
        not_before=scribe.exactly(laptop.not_before),
        state=state,
        since=scribe.exactly(since),
    )
