"""Faults that can be planted in the product, by name, to show that the oracle would see them.

A fault lives in this process only and only while its block lasts; nothing on any disk is changed. Each takes
away one rule that keeps people's laptops safe.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from tenure_agent import accept, decide
from tenure_policies import directive
from tenure_policies.payloads import DirectiveState
from tenure_server.adapters.memory import audit as memory_audit
from tenure_server.domain import (
    audit,
    directive_state,
    entitlement,
    mandate,
    register_change,
    rights,
    timeline,
)
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, Message, say
from tenure_server.signer import rounds
from tenure_server.signer.decide import Hold
from tenure_server.usecases import enforce_ends, enrol_device, visit

DAY: Final = timedelta(days=1)
LOST: Final = 40
"""The position that is gone."""
Patch = tuple[object, str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One rule taken away."""

    what: Message
    patches: Callable[[], tuple[Patch, ...]]


def _skip_freshness() -> tuple[Patch, ...]:
    return ((timeline, "age_in_days", lambda *_: None),)


def _drop_hold() -> tuple[Patch, ...]:
    return ((timeline, "_on_hold", lambda *_: frozenset()),)


def _a_day_early() -> tuple[Patch, ...]:
    def early(row: mandate.Mandate) -> datetime | None:
        end = mandate.known_end(row)
        return None if end is None else end - DAY

    return ((entitlement, "known_end", early),)


def _a_day_late() -> tuple[Patch, ...]:
    def late(row: mandate.Mandate) -> datetime | None:
        end = mandate.known_end(row)
        return None if end is None else end + DAY

    return ((entitlement, "known_end", late),)


def _missing_row_ends() -> tuple[Patch, ...]:
    def merged(current: Any, read: Any, missing: Any, others: Any) -> Any:
        del missing
        return _merged(current, read, (), others)

    _merged = register_change._merged  # noqa: SLF001 - the rule that is taken away is private
    return ((register_change, "_merged", merged),)


def _borrower_wiped() -> tuple[Patch, ...]:
    return ((rights.PersonRights, "entitled_to_laptop", property(lambda _: False)),)


def _old_lock() -> tuple[Patch, ...]:
    judge = directive.judge_directive

    def forgetful(document: Any, **facts: Any) -> Any:
        return judge(document, **{**facts, "replaced_locks": frozenset()})

    return ((accept, "judge_directive", forgetful),)


def _unknown_end() -> tuple[Patch, ...]:
    return ((entitlement, "known_end", lambda row: row.end),)


def _no_breaker() -> tuple[Patch, ...]:
    return ((register_change, "_bar", lambda *_: None),)


def _blind_to_restores() -> tuple[Patch, ...]:
    async def nothing(*_: object, **__: object) -> bool:
        return False

    return ((visit, "note_rollback", nothing),)


def _nobody_looks() -> tuple[Patch, ...]:
    def unlooked(device: Any, **changes: Any) -> Any:
        return replace(device, **{**changes, "needs_person": False})

    return ((enrol_device, "replace", unlooked),)


def _lease_never_ends() -> tuple[Patch, ...]:
    return (
        (decide, "lease_is_over", lambda *_: False),
        (decide, "only_the_wall_says_so", lambda *_: False),
    )


def _one_entitlement() -> tuple[Patch, ...]:
    """Let the first end of several seats end the right."""

    def shortest(spells: Any) -> Any:
        ordered = sorted(spells, key=lambda one: one.end or datetime.max.replace(tzinfo=one.start.tzinfo))
        return tuple(ordered[:1])

    return ((entitlement, "union", shortest),)


def _unlogged_lock() -> tuple[Patch, ...]:
    """Let the sweep forget the entry of each directive that locks."""

    async def forgetful(self: Any, kind: audit.AuditKind, subject: str, **fields: Any) -> None:
        if kind is not audit.AuditKind.DIRECTIVE_SIGNED or fields["state"] != "locked":
            logged = audit.entry(self.now, kind, subject, **{"serial": subject, **fields})
            await self.tx.audit.append([logged])

    return ((enforce_ends._Sweep, "_log", forgetful),)  # noqa: SLF001 - as above


def _never_released() -> tuple[Patch, ...]:
    return ((rounds, "judge_standing", lambda *_: Hold.STOPPED),)


def _never_ordered() -> tuple[Patch, ...]:
    return ((directive_state, "_state", _locked_at_most(directive_state._state)),)  # noqa: SLF001 - as above


def _locked_at_most(state: Callable[..., DirectiveState]) -> Callable[..., DirectiveState]:
    def judged(plan: Any, device: Any, lease: Any, released: Any) -> DirectiveState:
        del released
        return state(plan, device, lease, frozenset())

    return judged


def _entry_lost() -> tuple[Patch, ...]:
    """Let the store leave out one position, as if an entry had been taken away again."""
    logged = memory_audit._logged  # noqa: SLF001 - as above

    def gapped(position: int, entry: Any) -> Any:
        return logged(position + (position >= LOST), entry)

    return ((memory_audit, "_logged", gapped),)


FAULTS: Final[Mapping[str, Fault]] = {
    "skip-freshness": Fault(what=say(N_("The register's age is not looked at.")), patches=_skip_freshness),
    "drop-hold": Fault(what=say(N_("Holds are not looked at.")), patches=_drop_hold),
    "day-early": Fault(what=say(N_("Every end comes a day too early.")), patches=_a_day_early),
    "day-late": Fault(what=say(N_("Every end comes a day too late.")), patches=_a_day_late),
    "missing-row-ends": Fault(
        what=say(N_("A row that is missing counts as an end.")), patches=_missing_row_ends
    ),
    "borrower-wiped": Fault(what=say(N_("A borrower's own right bars nothing.")), patches=_borrower_wiped),
    "old-lock": Fault(what=say(N_("A laptop accepts a lock that was replaced.")), patches=_old_lock),
    "unknown-end": Fault(what=say(N_("An end counts before anybody confirmed it.")), patches=_unknown_end),
    "no-breaker": Fault(what=say(N_("A register may end as much as it likes.")), patches=_no_breaker),
    "blind-to-restores": Fault(
        what=say(N_("The server does not notice that it was restored.")), patches=_blind_to_restores
    ),
    "nobody-looks": Fault(
        what=say(N_("A laptop reinstalled while locked opens by itself.")), patches=_nobody_looks
    ),
    "lease-never-ends": Fault(
        what=say(N_("A laptop without a network never locks.")), patches=_lease_never_ends
    ),
    "first-end-counts": Fault(
        what=say(N_("The first of several seats to end ends the right.")), patches=_one_entitlement
    ),
    "unlogged-lock": Fault(
        what=say(N_("A directive that locks is not written into the log.")), patches=_unlogged_lock
    ),
    "never-released": Fault(what=say(N_("The signer releases no wipe.")), patches=_never_released),
    "never-ordered": Fault(what=say(N_("A sweep orders no wipe.")), patches=_never_ordered),
    "entry-lost": Fault(what=say(N_("An entry of the log is gone.")), patches=_entry_lost),
}


@contextmanager
def planted(name: str | None) -> Iterator[None]:
    """Take a rule away while the block lasts.

    Raises:
        InputError: There is no such fault.
    """
    if name is None:
        yield
        return
    if name not in FAULTS:
        names = ", ".join(FAULTS)
        raise InputError(say(N_("There is no fault {name}: name one of {names}."), name=name, names=names))
    patches = FAULTS[name].patches()
    before = [(where, attribute, vars(where)[attribute]) for where, attribute, _ in patches]
    try:
        for where, attribute, instead in patches:
            setattr(where, attribute, instead)
        yield
    finally:
        for where, attribute, was in before:
            setattr(where, attribute, was)
