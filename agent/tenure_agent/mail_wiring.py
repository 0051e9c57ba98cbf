"""Builds what looking at the holder's mailbox needs; in the job's process alone, since msal comes with it."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tenure_agent.adapters.clock_floor import SystemClock, trusted_now
from tenure_agent.adapters.one_at_a_time import only_one
from tenure_agent.config import load
from tenure_agent.errors import ConfigError
from tenure_agent.language import N_
from tenure_agent.mailbox.check import Checking
from tenure_agent.mailbox.memory import recall
from tenure_agent.mailbox.order import held_order
from tenure_agent.wiring import build_enforcer, open_journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from tenure_agent.adapters.journal_sqlite import SqliteJournal
    from tenure_agent.adapters.token_cache import TokenStore
    from tenure_agent.config import AgentConfig
    from tenure_agent.mail_ports import Account, OwnMailbox
    from tenure_policies.forwarding.mail_order import MailOrder

MAIL_LOCK: Final = "mail.lock"
MEMORY_BYTES: Final = 1024 * 1024 * 1024
"""Of addresses, of which a look uses a third and keeps a tenth in memory."""


@contextmanager
def mail_job(
    directory: Path, *, fix_seconds: float = 0.0, seconds: float | None = None
) -> Iterator[Checking]:
    """Open what one look or sign-in needs, one at a time.

    Args:
        directory: The agent's own.
        fix_seconds: For how long rules may be switched off from now on; 0: not at all.
        seconds: How long all may take; None: as the configuration says.

    Raises:
        ConfigError: there is no order, the laptop is locked, or another look is under way.
    """
    settings = load(directory)
    deadline = time.monotonic() + (settings.mail_seconds if seconds is None else seconds)
    with _alone(directory), open_journal(directory) as journal:
        order = present_order(directory, settings, journal)
        yield _checking(directory, settings, journal, order, fix_seconds=fix_seconds, deadline=deadline)


@contextmanager
def mail_forgetting(directory: Path) -> Iterator[tuple[SqliteJournal, TokenStore]]:
    """Open what forgetting the sign-in needs, which no order is needed for."""
    load(directory)
    with _alone(directory), open_journal(directory) as journal:
        yield journal, token_store(directory, journal)


def present_order(directory: Path, settings: AgentConfig, journal: SqliteJournal) -> MailOrder:
    """Return the order that holds now.

    Raises:
        ConfigError: there is none, or the laptop is locked.
    """
    held = held_order(journal.mail_order())
    if held is None:
        raise ConfigError(N_("The municipality has not asked this laptop to look at a mailbox."))
    if held.order.expires <= trusted(journal):
        raise ConfigError(N_("The order to look at a mailbox is over; visit first: tenure-agent visit"))
    if build_enforcer(directory, settings).locked_under() is not None:
        raise ConfigError(N_("This laptop is locked; no mailbox is looked at."))
    return held.order


def trusted(journal: SqliteJournal) -> datetime:
    """Return the trusted time, or the wall clock's before there was any."""
    clock = SystemClock()
    return trusted_now(journal.floor(), clock.anchor()) or clock.wall()


def token_store(directory: Path, journal: SqliteJournal) -> TokenStore:
    """Return where the tokens of this enrolment lie."""
    from tenure_agent.adapters.token_cache import TokenStore, described, offers

    enrolment = journal.enrolment()
    if enrolment is None:
        raise ConfigError(N_("This laptop is not enrolled; run: tenure-agent enrol --help"))
    me = enrolment.identity
    name = described({"device": me.device, "epoch": me.epoch, "key": me.device_key})
    return TokenStore(directory, offers(directory, name))


def _checking(
    directory: Path,
    settings: AgentConfig,
    journal: SqliteJournal,
    order: MailOrder,
    *,
    fix_seconds: float,
    deadline: float,
) -> Checking:
    from tenure_agent.adapters.microsoft_http import MicrosoftHttp

    way = MicrosoftHttp(
        ca_file=settings.graph_ca_file, named_hosts=tuple(settings.graph_hosts), deadline=deadline
    )
    clock = SystemClock()
    fix_until = clock.anchor().since_boot_seconds + fix_seconds

    def account() -> Account:
        from tenure_agent.adapters.microsoft_account import MicrosoftAccount, broker_is_here

        memory = recall(journal)
        return MicrosoftAccount(
            order,
            token_store(directory, journal),
            way,
            protection="" if memory is None else memory.protection,
            brokered=broker_is_here(),
        )

    def mailbox(of: Account) -> OwnMailbox:
        from tenure_agent.adapters.mailbox_graph import GraphMailbox

        return GraphMailbox(order.graph, of, way)

    return Checking(
        order=order,
        journal=journal,
        account=account,
        mailbox=mailbox,
        now=lambda: trusted(journal),
        # Counted since the boot, sleep included: whoever slept in mid-job has not slept the lease away. The
        # order's own end holds besides: the laptop may have slept before this process began to count.
        may_fix=lambda: (
            clock.anchor().since_boot_seconds < fix_until
            and order.fix_until is not None
            and trusted(journal) < order.fix_until
        ),
    )


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    with only_one(directory / MAIL_LOCK) as is_alone:
        if not is_alone:
            raise ConfigError(N_("Another look at the mailbox is under way; it will do."))
        yield


def bound(seconds: float) -> None:
    """Let the system end this process when it takes too long or too much, whatever it hangs in."""
    if sys.platform == "win32":
        return  # the visit that started it stops it there
    import resource
    import signal

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY or most > MEMORY_BYTES:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
