"""`tenure returns`, `tenure found`, `tenure swap`: receipts, finds, and one laptop for another."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from tenure_server.adapters.paper.documents import receipt_pdf
from tenure_server.cli import chosen_language
from tenure_server.cli.code_words import HOLDERS, parts_in_words
from tenure_server.cli.hand_over import told_receipt
from tenure_server.cli.handover_options import (
    NEW_FILE,
    commitment_options,
    condition_options,
    in_utc,
    language_choice,
    letterhead,
    name_of,
    read_moment,
    read_signature,
    show_json,
    tell_handed_over,
    tell_not_entitled,
    tell_signed,
    tell_tasks,
    write_pdf,
)
from tenure_server.cli.installation import installation_flags, sweep, with_installation
from tenure_server.domain.custody import HolderType
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.return_receipt import Part, ReturnReceipt
from tenure_server.language import translator
from tenure_server.usecases.hand_over import HandedOver, NotEntitledError
from tenure_server.usecases.report_found import Found, report_found
from tenure_server.usecases.swap_device import SwapDevice, swap_device
from tenure_server.usecases.take_back import TakenBack
from tenure_server.usecases.write_receipt import receipts_of
from tenure_server.wiring import Installation


@click.group()
def returns() -> None:
    """List and print the receipts of what came back."""


@returns.command("list")
@click.option("--serial", help="Only of this device.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def list_command(*, serial: str | None, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List return receipts, oldest first.

    Example: tenure returns list --json
    """

    async def work(installation: Installation) -> tuple[Sequence[ReturnReceipt], ZoneInfo]:
        found = await receipts_of(installation.store, None if serial is None else Serial(serial))
        return found, installation.policy.zone

    found, zone = with_installation(config, flags, work)
    if as_json:
        show_json({"receipts": [_document(one) for one in found]})
        return
    speak = translator(chosen_language())
    sentence = N_("{number}: {serial} from {holder} at {at}; missing: {missing}.")
    for one in found:
        holder = one.holder or speak.gettext(HOLDERS[one.holder_type])
        fields = {"number": one.number, "serial": one.serial, "holder": holder}
        parts = parts_in_words(one.missing, speak)
        click.echo(speak.say(say(sentence, at=speak.moment(one.moment, zone), missing=parts, **fields)))
    if not found:
        click.echo(speak.gettext(N_("There are no receipts.")))


@returns.command("pdf")
@click.argument("number")
@click.argument("file", type=NEW_FILE)
@click.option("--receipt-language", type=language_choice, help="Default: as it was written.")
@installation_flags
def pdf_command(
    *, number: str, file: Path, receipt_language: str | None, config: Path | None, **flags: Any
) -> None:
    """Print a receipt to a PDF file.

    Example: tenure returns pdf 00012 receipt.pdf
    """

    async def work(installation: Installation) -> None:
        found = [one for one in await receipts_of(installation.store) if _same_number(one.number, number)]
        if not found:
            raise NotFoundError(say(N_("There is no receipt {number}."), number=number))
        receipt = found[0].in_language(receipt_language or found[0].language)
        holder = await name_of(installation, receipt.holder)
        write_pdf(file, receipt_pdf(letterhead(installation), receipt, holder=holder))

    with_installation(config, flags, work)


@click.command("found", epilog="Example: tenure found PF3ABCDE --at 2029-04-02")
@click.argument("serial")
@click.option("--at", metavar="INSTANT", help="When it was found. Default: now.")
@click.option(
    "--to",
    "into",
    type=click.Choice([HolderType.STOCK.value, HolderType.POLICE.value]),
    help="Where it is. Default: with its holder if still entitled, else in stock.",
)
@installation_flags
def found_command(
    *, serial: str, at: str | None, into: str | None, config: Path | None, **flags: Any
) -> None:
    """Write down that a lost or stolen laptop was found."""

    async def work(installation: Installation) -> tuple[Found, int]:
        done = await report_found(
            installation.store,
            installation.clock,
            installation.policy,
            serial=Serial(serial),
            at=read_moment(at, installation.policy.zone, "--at"),
            into=None if into is None else HolderType(into),
        )
        return done, await sweep(installation)

    done, signed = with_installation(config, flags, work)
    speak = translator(chosen_language())
    sentence = N_("{serial} was found and is with {holder}.")
    holder = done.holder or speak.gettext(HOLDERS[done.holder_type])
    click.echo(speak.say(say(sentence, serial=serial, holder=holder)))
    tell_signed(signed, speak)


@click.command("swap", epilog="Example: tenure swap PF3ABCDE PF4FGHIJ --commitment-version 2029-1")
@click.argument("old")
@click.argument("new")
@click.option("--at", metavar="INSTANT", help="When it happened. Default: now.")
@click.option("--reinstalled", is_flag=True, help="The new one was reinstalled since its last holder.")
@click.option(
    "--even-though-not-entitled", is_flag=True, help="Hand it over to somebody who has no right to it."
)
@condition_options
@commitment_options
@installation_flags
def swap_command(
    *,
    old: str,
    new: str,
    at: str | None,
    reinstalled: bool,
    even_though_not_entitled: bool,
    condition: str,
    missing: tuple[str, ...],
    received_by: str,
    receipt_language: str,
    pdf: Path | None,
    commitment: Path | None,
    commitment_version: str,
    commitment_language: str,
    config: Path | None,
    **flags: Any,
) -> None:
    """Take a laptop back and hand another to the same holder, in one step."""

    async def work(installation: Installation) -> tuple[TakenBack, HandedOver, int, Message | None]:
        wanted = SwapDevice(
            old=Serial(old),
            new=Serial(new),
            at=read_moment(at, installation.policy.zone, "--at"),
            condition=condition,
            missing=tuple(Part(part) for part in missing),
            received_by=received_by,
            language=receipt_language,
            reinstalled=reinstalled,
            even_though_not_entitled=even_though_not_entitled,
            signature=await read_signature(installation, commitment, commitment_version, commitment_language),
        )
        back, out = await swap_device(installation.store, installation.clock, installation.policy, wanted)
        signed = await sweep(installation)
        return back, out, signed, await told_receipt(installation, back.receipt, pdf)

    speak = translator(chosen_language())
    try:
        back, out, signed, receipt = with_installation(config, flags, work)
    except NotEntitledError as refused:
        raise SystemExit(tell_not_entitled(refused, speak)) from refused
    tell_handed_over(out, speak)
    if receipt is not None:
        click.echo(speak.say(receipt))
    tell_tasks(back.tasks, speak)
    tell_signed(signed, speak)


def _same_number(known: str, said: str) -> bool:
    """Tell whether a number is meant, zeros in front or not."""
    return known == said or (said.isascii() and said.isdigit() and known.lstrip("0") == said.lstrip("0"))


def _document(one: ReturnReceipt) -> dict[str, Any]:
    return {
        "number": one.number,
        "serial": one.serial,
        "received": in_utc(one.moment),
        "registered": in_utc(one.registered_at),
        "holder_type": one.holder_type.value,
        "holder": one.holder or None,
        "into": one.into.value,
        "condition": one.condition,
        "missing": [part.value for part in one.missing],
        "received_by": one.received_by,
        "language": one.language,
    }
