"""Prepare a day's lists by a person's wish: without these laptops, those first, and never self-approved.

Rules: what a person prepares replaces the lists of the sweep for that day; approvals on them are void, and so
it needs to be said again where two people have signed already. The preparer's key never counts among the
approvals. Whatever stands on a list of the day can be left out, a laptop of IT that was to go first too. A
laptop that is left out gets a new lock_id from the next sweep: what was signed for it is void.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from tenure_policies.payloads import Role
from tenure_policies.trusted_keys import MIN_APPROVERS, TrustedKeys
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.campaign import (
    EXCLUSIONS,
    Exclusion,
    ListBar,
    ManifestStatus,
    StoredManifest,
    lifted,
    most_canaries,
)
from tenure_server.domain.errors import ConflictError, InputError, RefusedError
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import MunicipalityId, Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import DevicePlan, Plan
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.timeline import plan as plan_all
from tenure_server.usecases.campaign_candidates import Candidate, candidates
from tenure_server.usecases.campaigns import ends_on
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.prepare_manifest import (
    Draft,
    Listing,
    destruction_is_on,
    drafts_of,
    withdraw,
    write_lists,
)
from tenure_server.usecases.void_approvals import void_locks

PREPARED_ANEW = "prepared_anew"
_MAY_STAND = frozenset({ListBar.LISTED, ListBar.TOO_EARLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the preparer asks for."""

    day: date
    """The last day of the rights that end."""
    prepared_by: str
    """Thumbprint of the preparer's key."""
    exclude: frozenset[Serial] = frozenset()
    include: frozenset[Serial] = frozenset()
    """Excluded before, and no longer."""
    why: str = ""
    canaries: frozenset[Serial] = frozenset()
    again: bool = False
    """Also where two approvers have signed already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What was written."""

    lists: tuple[StoredManifest, ...]
    withdrawn: tuple[StoredManifest, ...]


async def prepare_campaign(store: Store, clock: Clock, policy: TermPolicy, wish: Wish) -> Prepared:
    """Write the lists for the ends of one day.

    Raises:
        InputError: A laptop is named that the day does not concern, or a reason is missing.
        RefusedError: Wiping is off, too few others could approve, or approvals would be lost unsaid.
        ConflictError: Facts changed a moment ago; sweep and try again.
    """
    now = clock.now()
    async with store.writing() as tx:
        municipality = await _may_prepare(tx, wish)
        facts = await tx.register.facts()
        plan = plan_all(facts, policy, now)
        found = await candidates(tx, plan, now)
        of_day = ends_on(found, wish.day, policy)
        named = {one.serial for one in of_day} | _listed_with(of_day)
        concerned = [one for one in found if one.serial in named or _is_left_out(one)]
        _check_names(wish, named | {one.serial for one in concerned})
        await _check_void(tx, facts, plan, of_day, now)
        await _exclude(tx, wish, concerned, now)
        withdrawn = await _withdraw_old(tx, wish, of_day, now)
        drafts = await _drafts(tx, plan, wish, now)
        known = {stored.id for stored in await tx.campaigns.manifests()}
        listing = Listing.of(municipality, facts, plan, now, prepared_by=wish.prepared_by)
        await write_lists(tx, listing, drafts)
        lists = [stored for stored in await tx.campaigns.manifests() if stored.id not in known]
    return Prepared(lists=tuple(lists), withdrawn=tuple(withdrawn))


async def _may_prepare(tx: Transaction, wish: Wish) -> MunicipalityId:
    municipality = await tx.municipality.get()
    if municipality is None or not await destruction_is_on(tx):
        raise RefusedError(
            say(N_("Wiping is switched off: hold the key ceremony first (tenure signer init)."))
        )
    if municipality.rolled_back_at is not None:
        raise RefusedError(say(N_("The database was restored: two approvers confirm the register first.")))
    keys = TrustedKeys((await tx.directives.keys_documents())[-1][0])
    others = keys.of(Role.APPROVE).keys() - {wish.prepared_by}
    needed = max(keys.threshold(Role.APPROVE), MIN_APPROVERS)
    if len(others) < needed:
        raise RefusedError(
            say(
                N_("Whoever prepares a list cannot approve it, and then only {others} of {needed} are left."),
                others=len(others),
                needed=needed,
            )
        )
    return municipality.id


def _listed_with(of_day: Sequence[Candidate]) -> frozenset[Serial]:
    """Return every laptop on the day's lists, those of IT that go first and those whose facts changed too."""
    return frozenset(item.serial for one in of_day if one.listed is not None for item in one.listed.entries)


def _is_left_out(one: Candidate) -> bool:
    return one.is_back and ListBar.EXCLUDED in one.bars


def _check_names(wish: Wish, known: Set[Serial]) -> None:
    if wish.exclude and not wish.why.strip():
        raise InputError(say(N_("Say with --why for what reason laptops are left out.")))
    if both := wish.exclude & (wish.canaries | wish.include):
        raise InputError(say(N_("{serials}: left out, and yet asked for."), serials=", ".join(sorted(both))))
    unknown = (wish.exclude | wish.include) - known
    if unknown:
        sentence = N_("{serials}: no right to these ends on {day}.")
        raise InputError(say(sentence, serials=", ".join(sorted(unknown)), day=wish.day))


async def _check_void(
    tx: Transaction, facts: Facts, plan: Plan, of_day: Sequence[Candidate], now: datetime
) -> None:
    """See that no laptop's lock is about to be replaced: a list over it would be void when written."""
    void = await void_locks(tx, await tx.campaigns.manifests(), facts, plan, now)
    locks = {
        (one.device.id, one.device.epoch, one.case.lock_id)
        for one in of_day
        if one.device is not None and one.case is not None
    }
    if locks & void.keys():
        raise ConflictError(say(N_("Facts changed a moment ago: try again in a minute.")))


async def _exclude(tx: Transaction, wish: Wish, concerned: Sequence[Candidate], now: datetime) -> None:
    plans: dict[Serial, DevicePlan] = {one.serial: one.plan for one in concerned}
    standing = {
        one.serial: one
        for one in await tx.records.all(EXCLUSIONS, open_only=True)
        if one.serial in plans and one.covers(plans[one.serial])
    }
    for serial in sorted(wish.include & standing.keys()):
        await tx.records.replace(EXCLUSIONS, standing[serial], lifted(standing[serial], now))
        await _log(tx, AuditKind.LAPTOP_INCLUDED, plans[serial], wish, now)
    for serial in sorted((wish.exclude & plans.keys()) - standing.keys()):
        plan = plans[serial]
        exclusion = Exclusion(
            serial=serial,
            holder=plan.holder or "",
            ends=plan.right_ends,
            why=wish.why.strip(),
            by=wish.prepared_by,
            at=now,
        )
        await tx.records.add(EXCLUSIONS, exclusion)
        await _log(tx, AuditKind.LAPTOP_EXCLUDED, plan, wish, now)


async def _log(tx: Transaction, kind: AuditKind, plan: DevicePlan, wish: Wish, now: datetime) -> None:
    fields = {"serial": plan.serial, "holder": plan.holder, "ends": plan.right_ends}
    await tx.audit.append([entry(now, kind, plan.serial, **fields, by=wish.prepared_by[:16])])


async def _withdraw_old(
    tx: Transaction, wish: Wish, of_day: Sequence[Candidate], now: datetime
) -> list[StoredManifest]:
    """Withdraw the lists that name laptops of the day and are not wholly released."""
    released = {one.lock for one in await tx.campaigns.releases()}
    old = {
        one.listed.id: one.listed
        for one in of_day
        if one.listed is not None and any(item.lock not in released for item in one.listed.entries)
    }
    signed = [stored for stored in old.values() if stored.status is ManifestStatus.APPROVED]
    if signed and not wish.again:
        sentence = N_("Two approvers have signed {lists} already: say --again to make these approvals void.")
        raise RefusedError(say(sentence, lists=", ".join(stored.id for stored in signed)))
    for stored in old.values():
        await withdraw(tx, stored, PREPARED_ANEW, now)
    return list(old.values())


async def _drafts(tx: Transaction, plan: Plan, wish: Wish, now: datetime) -> list[Draft]:
    found = await candidates(tx, plan, now)
    of_day = ends_on(found, wish.day, plan.policy)
    due = [one for one in of_day if set(one.bars) <= _MAY_STAND]
    if not due and not wish.exclude:
        sentence = N_("No laptop can be listed for {day}: tenure campaign dry-run --at {day} tells why.")
        raise RefusedError(say(sentence, day=wish.day))
    of_it = [one for one in found if one.may_go_first]
    drafts = drafts_of(due, of_it=of_it, over=plan.policy.campaign_over, named=wish.canaries)
    going = frozenset(serial for draft in drafts for serial in draft.canaries)
    if strange := wish.canaries - going:
        sentence = N_("{serials} cannot go first: on no campaign's list, nor back with IT and waiting.")
        raise InputError(say(sentence, serials=", ".join(sorted(strange))))
    for draft in drafts:
        most = most_canaries(len(draft.together))
        if len(draft.canaries) > most:
            raise InputError(say(N_("At most {most} laptops of this list can go first."), most=most))
    return drafts
