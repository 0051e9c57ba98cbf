"""`tenure loan`: a laptop lent to a deputy, confirmed by both, and given back (P11)."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tenure_server.cli import chosen_language
from tenure_server.cli.handover_options import (
    in_utc,
    read_moment,
    show_json,
    tell_handed_over,
    tell_not_entitled,
    tell_signed,
)
from tenure_server.cli.installation import installation_flags, sweep, with_installation
from tenure_server.domain.custody import HolderType
from tenure_server.domain.handover import Receiver
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.loan import Loan
from tenure_server.domain.message import N_, Message, say
from tenure_server.language import translator
from tenure_server.usecases.hand_over import HandedOver, HandOver, NotEntitledError, hand_over
from tenure_server.usecases.lend_to_deputy import confirm_loan, loans_of
from tenure_server.usecases.take_back import TakeBack, TakenBack, take_back
from tenure_server.wiring import Installation


@click.group()
def loan() -> None:
    """Lend a laptop to a deputy; the holder stays responsible."""


@loan.command()
@click.argument("serial")
@click.option("--to", "borrower", required=True, metavar="PERSON", help="The deputy who gets it.")
@click.option("--until", required=True, metavar="DAY", help="The last day of the loan.")
@click.option("--at", metavar="INSTANT", help="When it was handed over. Default: now.")
@click.option(
    "--even-though-not-entitled", is_flag=True, help="Lend it to somebody who is no deputy of the holder."
)
@installation_flags
def begin(
    *,
    serial: str,
    borrower: str,
    until: str,
    at: str | None,
    even_though_not_entitled: bool,
    config: Path | None,
    **flags: Any,
) -> None:
    """Write down that the deputy has the laptop; lender and borrower confirm it afterwards.

    Example: tenure loan begin PF3ABCDE --to 2077 --until 2029-03-05
    """

    async def work(installation: Installation) -> tuple[HandedOver, int]:
        zone = installation.policy.zone
        wanted = HandOver(
            serial=Serial(serial),
            to=Receiver(type=HolderType.PERSON, id=borrower.strip()),
            loan=True,
            until=read_moment(until, zone, "--until", inclusive=True),
            at=read_moment(at, zone, "--at"),
            even_though_not_entitled=even_though_not_entitled,
        )
        done = await hand_over(installation.store, installation.clock, installation.policy, wanted)
        return done, await sweep(installation)

    speak = translator(chosen_language())
    try:
        done, signed = with_installation(config, flags, work)
    except NotEntitledError as refused:
        raise SystemExit(tell_not_entitled(refused, speak)) from refused
    tell_handed_over(done, speak)
    click.echo(speak.gettext(N_("Both still confirm it: `tenure loan confirm`.")))
    tell_signed(signed, speak)


@loan.command()
@click.argument("serial")
@click.option("--by", "person", required=True, metavar="PERSON", help="The lender or the borrower.")
@installation_flags
def confirm(*, serial: str, person: str, config: Path | None, **flags: Any) -> None:
    """Write down that the lender or the borrower confirms the loan.

    Example: tenure loan confirm PF3ABCDE --by 2077
    """

    async def work(installation: Installation) -> tuple[Loan, datetime]:
        done = await confirm_loan(
            installation.store, installation.clock, serial=Serial(serial), by=PersonId(person.strip())
        )
        return done, installation.clock.now()

    done, now = with_installation(config, flags, work)
    click.echo(translator(chosen_language()).say(_sentence(done, now)))


@loan.command()
@click.argument("serial")
@click.option("--at", metavar="INSTANT", help="When it was given back. Default: now.")
@installation_flags
def end(*, serial: str, at: str | None, config: Path | None, **flags: Any) -> None:
    """Write down that the laptop is with its holder again.

    Example: tenure loan end PF3ABCDE
    """

    async def work(installation: Installation) -> tuple[TakenBack, int]:
        moment = read_moment(at, installation.policy.zone, "--at")
        wanted = TakeBack(serial=Serial(serial), loan_only=True, at=moment)
        done = await take_back(installation.store, installation.clock, wanted)
        return done, await sweep(installation)

    done, signed = with_installation(config, flags, work)
    speak = translator(chosen_language())
    for row in done.ended:
        click.echo(speak.say(say(N_("{serial}: {holder} gave it back."), serial=serial, holder=row.holder)))
    tell_signed(signed, speak)


@loan.command("list")
@click.option("--all", "with_past", is_flag=True, help="Also those that are over.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def list_command(*, with_past: bool, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List the loans that stand.

    Example: tenure loan list --json
    """

    async def work(installation: Installation) -> tuple[Sequence[Loan], datetime]:
        return await loans_of(installation.store, with_past=with_past), installation.clock.now()

    found, now = with_installation(config, flags, work)
    if as_json:
        show_json({"loans": [_document(one, now) for one in found]})
        return
    speak = translator(chosen_language())
    for one in found:
        click.echo(speak.say(_sentence(one, now)))
    if not found:
        none, none_stands = N_("There are no loans."), N_("No loan stands; see also --all.")
        click.echo(speak.gettext(none if with_past else none_stands))


def _sentence(one: Loan, now: datetime) -> Message:
    fields = {"serial": one.serial, "lender": one.lender, "borrower": one.borrower}
    if one.ended_at is not None:
        return say(N_("{serial}: {lender} lent it to {borrower}; over."), **fields)
    if one.unconfirmed:
        people = ", ".join(one.unconfirmed)
        sentence = N_("{serial}: {lender} lends it to {borrower}; not yet confirmed by {people}.")
        return say(sentence, people=people, **fields)
    if one.overdue(now):
        return say(N_("{serial}: {lender} lends it to {borrower}; overdue."), **fields)
    return say(N_("{serial}: {lender} lends it to {borrower}; confirmed by both."), **fields)


def _document(one: Loan, now: datetime) -> dict[str, Any]:
    return {
        "serial": one.serial,
        "lender": one.lender,
        "borrower": one.borrower,
        "from": in_utc(one.start),
        "until": in_utc(one.until),
        "status": one.status.value,
        "unconfirmed": list(one.unconfirmed),
        "overdue": one.overdue(now),
        "ended": in_utc(one.ended_at),
    }
