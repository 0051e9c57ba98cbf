"""`tenure hand-over` and `tenure take-back`: who has a device is written down by the person who saw it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from tenure_server.adapters.paper.documents import receipt_pdf, receipt_sentence
from tenure_server.cli import chosen_language
from tenure_server.cli.code_words import CUSTODY_REASONS, HOLDERS
from tenure_server.cli.handover_options import (
    commitment_options,
    condition_options,
    letterhead,
    name_of,
    read_moment,
    read_signature,
    tell_handed_over,
    tell_not_entitled,
    tell_signed,
    tell_tasks,
    write_pdf,
)
from tenure_server.cli.installation import installation_flags, sweep, with_installation
from tenure_server.domain.custody import CustodyReason, HolderType
from tenure_server.domain.errors import InputError
from tenure_server.domain.handover import PARTIES, Receiver
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.return_receipt import Part, ReturnReceipt
from tenure_server.language import Translator, translator
from tenure_server.usecases.hand_over import HandedOver, HandOver, NotEntitledError, hand_over
from tenure_server.usecases.take_back import TAKES_IN, TakeBack, TakenBack, take_back
from tenure_server.wiring import Installation


@click.command(
    "hand-over",
    epilog="Example: tenure hand-over PF3ABCDE --to person:1042 --commitment commitment-fi.txt"
    " --commitment-version 2025-06 --commitment-language fi",
)
@click.argument("serial")
@click.option("--to", "receiver", required=True, metavar="person:ID|location:ID", help="Who gets it.")
@click.option("--loan", is_flag=True, help="Lend it to a deputy; the holder stays responsible.")
@click.option("--until", metavar="DATE", help="The last day of the loan.")
@click.option("--at", metavar="INSTANT", help="When it happened. Default: now.")
@click.option(
    "--even-though-not-entitled", is_flag=True, help="Hand it over to somebody who has no right to it."
)
@click.option("--reinstalled", is_flag=True, help="You know that it was reinstalled since its last holder.")
@click.option("--event", default="", metavar="EVENT", help="The handover event at which it took place.")
@commitment_options
@installation_flags
def hand_over_command(
    *,
    serial: str,
    receiver: str,
    loan: bool,
    until: str | None,
    at: str | None,
    even_though_not_entitled: bool,
    reinstalled: bool,
    event: str,
    commitment: Path | None,
    commitment_version: str,
    commitment_language: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Issue a device from stock to a person or a place, or lend it to a deputy."""
    to = _receiver(receiver)

    async def work(installation: Installation) -> tuple[HandedOver, int]:
        zone = installation.policy.zone
        wanted = HandOver(
            serial=Serial(serial),
            to=to,
            loan=loan,
            until=read_moment(until, zone, "--until", inclusive=True),
            at=read_moment(at, zone, "--at"),
            even_though_not_entitled=even_though_not_entitled,
            reinstalled=reinstalled,
            signature=await read_signature(installation, commitment, commitment_version, commitment_language),
            event=event,
        )
        done = await hand_over(installation.store, installation.clock, installation.policy, wanted)
        return done, await sweep(installation)

    speak = translator(chosen_language())
    try:
        done, signed = with_installation(config, flags, work)
    except NotEntitledError as refused:
        raise SystemExit(tell_not_entitled(refused, speak)) from refused
    tell_handed_over(done, speak)
    tell_signed(signed, speak)


@click.command(
    "take-back",
    epilog="Example: tenure take-back PF3ABCDE --at 2029-06-04T14:05+03:00 --missing charger --pdf r.pdf",
)
@click.argument("serial")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in CustodyReason]),
    default=CustodyReason.RETURNED.value,
    show_default=True,
    help="Why its holder has it no longer.",
)
@click.option("--loan", is_flag=True, help="Only the loan is over: it is with its holder again.")
@click.option("--at", metavar="INSTANT", help="When it happened. Default: now.")
@click.option(
    "--to",
    "into",
    type=click.Choice(sorted(taker.value for taker in TAKES_IN)),
    default=HolderType.STOCK.value,
    show_default=True,
    help="Who took it in.",
)
@condition_options
@click.option("--event", default="", metavar="EVENT", help="The handover event at which it came back.")
@click.option("--discovered", metavar="INSTANT", help="When a loss became known. Default: now.")
@click.option("--reference", default="", help="Of a loss: the number of the police report, or the like.")
@installation_flags
def take_back_command(
    *,
    serial: str,
    reason: str,
    loan: bool,
    at: str | None,
    into: str,
    condition: str,
    missing: tuple[str, ...],
    received_by: str,
    receipt_language: str,
    pdf: Path | None,
    event: str,
    discovered: str | None,
    reference: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Write down that a device came back to stock, or that it was lost or stolen."""

    async def work(installation: Installation) -> tuple[TakenBack, int, Message | None]:
        zone = installation.policy.zone
        wanted = TakeBack(
            serial=Serial(serial),
            reason=CustodyReason(reason),
            loan_only=loan,
            at=read_moment(at, zone, "--at"),
            into=HolderType(into),
            condition=condition,
            missing=tuple(Part(part) for part in missing),
            received_by=received_by,
            language=receipt_language,
            event=event,
            discovered_at=read_moment(discovered, zone, "--discovered"),
            reference=reference,
        )
        done = await take_back(installation.store, installation.clock, wanted)
        signed = await sweep(installation)
        return done, signed, await told_receipt(installation, done.receipt, pdf)

    done, signed, receipt = with_installation(config, flags, work)
    speak = translator(chosen_language())
    for message in _told_of_return(serial, done, speak):
        click.echo(speak.say(message))
    if receipt is not None:
        click.echo(speak.say(receipt))
    tell_tasks(done.tasks, speak)
    tell_signed(signed, speak)


async def told_receipt(
    installation: Installation, receipt: ReturnReceipt | None, pdf: Path | None
) -> Message | None:
    """Return the receipt's number and words, and print it to a file if wanted."""
    if receipt is None:
        return None
    head = letterhead(installation)
    if pdf is not None:
        holder = await name_of(installation, receipt.holder)
        write_pdf(pdf, receipt_pdf(head, receipt, holder=holder))
    return say(N_("Receipt {number}: {text}"), number=receipt.number, text=receipt_sentence(head, receipt))


def _receiver(text: str) -> Receiver:
    kind, _, name = text.partition(":")
    if kind not in {party.value for party in PARTIES} or not name.strip():
        sentence = N_("--to “{text}” is nobody: write person:ID or location:ID.")
        raise InputError(say(sentence, text=text))
    return Receiver(type=HolderType(kind), id=name.strip())


def _told_of_return(serial: str, done: TakenBack, speak: Translator) -> Iterator[Message]:
    for row in done.ended:
        holder = row.holder or speak.gettext(HOLDERS[row.holder_type])
        reason = speak.gettext(CUSTODY_REASONS[row.reason or CustodyReason.RETURNED])
        sentence = N_("{serial}: {holder} has it no longer ({reason}).")
        yield say(sentence, serial=serial, holder=holder, reason=reason)
    if not done.ended:
        yield say(N_("{serial} is in stock."), serial=serial)
