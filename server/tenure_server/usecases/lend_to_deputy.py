"""Lend a laptop to a deputy (P11): it is handed over at once, and both confirm it afterwards.

Rules: the loan stands from the handover on, confirmed or not, until a handover says that it is over (ADR
0021); the lender stays responsible; a deputy for two members may borrow from both (case 18).
"""

from collections.abc import Sequence
from dataclasses import replace

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.custody import CustodyKind
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.handover import right_to_borrow
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.loan import LOANS, Loan
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import Reason
from tenure_server.domain.whereabouts import Whereabouts
from tenure_server.usecases.handover_desk import (
    NEVER_HELD,
    Desk,
    HandedOver,
    HandOver,
    check_right,
    new_custody,
    write_handover,
)
from tenure_server.usecases.ports import Clock, Store, Transaction


async def lend(tx: Transaction, wanted: HandOver, desk: Desk) -> HandedOver:
    """Lend a device to a deputy, in the transaction of the handover.

    Raises:
        ConflictError: Nobody answers for it, it is lent already, or the borrower is its holder.
        NotEntitledError: The borrower is no deputy of the holder.
        RefusedError: The loan would be over before it begins.
    """
    holder, borrower = desk.place.holder, desk.place.borrower
    if desk.place.where is not Whereabouts.HELD or holder is None:
        raise ConflictError(
            say(N_("{serial} has no responsible holder who could lend it."), serial=wanted.serial)
        )
    if borrower is not None:
        raise ConflictError(say(N_("{serial} is lent to {id} already."), serial=wanted.serial, id=borrower))
    if holder.holder == wanted.to.id:
        raise ConflictError(say(N_("{id} has {serial} already."), id=wanted.to.id, serial=wanted.serial))
    if wanted.until is not None and wanted.until <= desk.at:
        raise RefusedError(say(N_("A loan's last day cannot be before it begins: correct --until.")))
    standing = right_to_borrow(wanted.to, holder, desk.facts, desk.at)
    check_right(standing, wanted)
    stays = Reason(
        fact=say(N_("{id} stays responsible for it during the loan."), id=holder.holder), rule="P11"
    )
    custody = new_custody(wanted, CustodyKind.TEMPORARY, desk.at)
    written = await write_handover(tx, wanted, custody, standing, NEVER_HELD, desk.now)
    await tx.records.add(
        LOANS,
        Loan(
            serial=wanted.serial,
            lender=PersonId(holder.holder),
            borrower=PersonId(wanted.to.id),
            start=desk.at,
            until=wanted.until,
        ),
    )
    return replace(written, told=(*standing.why, stays))


async def confirm_loan(store: Store, clock: Clock, *, serial: Serial, by: PersonId) -> Loan:
    """Note that lender or borrower confirms the loan of a device.

    Raises:
        NotFoundError: It is not lent.
        RefusedError: The person is neither of the two.
        ConflictError: They confirmed it before.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.writing() as tx:
        loans = await tx.records.all(LOANS, subject=serial, open_only=True)
        if not loans:
            raise NotFoundError(say(N_("{serial} is not lent to anybody."), serial=serial))
        loan = loans[-1]
        if by not in (loan.lender, loan.borrower):
            sentence = N_("{person} is neither lender nor borrower: {lender} lends to {borrower}.")
            raise RefusedError(say(sentence, person=by, lender=loan.lender, borrower=loan.borrower))
        if by not in loan.unconfirmed:
            raise ConflictError(say(N_("{person} has confirmed the loan before."), person=by))
        if by == loan.lender:
            confirmed = replace(loan, lender_confirmed_at=now)
        else:
            confirmed = replace(loan, borrower_confirmed_at=now)
        await tx.records.replace(LOANS, loan, confirmed)
        fields = {"serial": serial, "loan": loan.id, "by": by}
        await tx.audit.append([entry(now, AuditKind.LOAN_CONFIRMED, serial, **fields)])
    return confirmed


async def loans_of(store: Store, *, with_past: bool = False) -> Sequence[Loan]:
    """Return the loans that stand, or all, oldest first."""
    async with store.reading() as tx:
        return await tx.records.all(LOANS, open_only=not with_past)
