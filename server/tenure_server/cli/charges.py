"""`tenure charges`: what is proposed to be charged, on what evidence, and what people decided."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
import msgspec

from tenure_server.cli import chosen_language
from tenure_server.cli.code_words import CHARGE_STATES
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.domain.charge import Charge
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say
from tenure_server.domain.note import note
from tenure_server.language import LANGUAGES, Translator, translator
from tenure_server.usecases.charge_file import (
    ChargeFile,
    charge_document,
    charge_file,
    evidence_document,
    find_charge,
)
from tenure_server.usecases.charge_file import (
    charges as all_charges,
)
from tenure_server.usecases.decide_charge import decide_charge, mark_paid, mark_refunded
from tenure_server.wiring import Installation

_CHARGE = click.argument("charge", metavar="ID|SERIAL")
_MOST_EUR = Decimal(100_000)


@click.group()
def charges() -> None:
    """List proposed charges, see their evidence, decide, and note what finance did."""


@charges.command("list", epilog="Example: tenure charges list --json")
@click.option("--all", "closed", is_flag=True, help="Also those that need nothing any more.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@installation_flags
def list_command(*, closed: bool, as_json: bool, config: Path | None, **flags: Any) -> None:
    """List the charges that somebody has to decide, bill or pay back."""

    async def work(installation: Installation) -> list[Charge]:
        return [one for one in await all_charges(installation.store) if closed or one.is_open]

    found = with_installation(config, flags, work)
    if as_json:
        _print_json({"charges": [charge_document(one) for one in found]})
        return
    speak = translator(chosen_language())
    for one in found:
        click.echo(_line(one, speak))
    if not found:
        none, none_open = N_("There are no charges."), N_("No charge needs anything; see also --all.")
        click.echo(speak.gettext(none if closed else none_open))


@charges.command("show", epilog="Example: tenure charges show PF3ABCDE")
@_CHARGE
@installation_flags
def show_command(*, charge: str, config: Path | None, **flags: Any) -> None:
    """Print one charge and its evidence as JSON."""
    _print_json(evidence_document(_file(charge, config, flags)))


@charges.command("evidence", epilog="Example: tenure charges evidence PF3ABCDE --out evidence.pdf")
@_CHARGE
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A .pdf or .json."
)
@click.option("--text-language", type=click.Choice(LANGUAGES), help="Of the PDF. Default: --language.")
@installation_flags
def evidence_command(
    *, charge: str, out: Path, text_language: str | None, config: Path | None, **flags: Any
) -> None:
    """Write the evidence file of one charge, for whoever decides and for the case's records."""
    speak = translator(text_language or chosen_language())

    async def work(installation: Installation) -> bytes:
        file = await charge_file(installation.store, charge)
        match out.suffix.lower():
            case ".json":
                return msgspec.json.format(msgspec.json.encode(evidence_document(file)))
            case ".pdf":
                from tenure_server.adapters.paper.charge_paper import charge_pdf

                name = installation.settings.name
                return charge_pdf(file, city=name, zone=installation.policy.zone, speak=speak)
            case _:
                raise InputError(say(N_("{file}: write it as .pdf or .json."), file=out))

    content = with_installation(config, flags, work)
    try:
        out.write_bytes(content)
    except OSError as error:
        why = error.strerror or error
        raise InputError(say(N_("{file} cannot be written: {why}."), file=out, why=why)) from error
    click.echo(translator(chosen_language()).say(say(N_("{file} was written."), file=out)), err=True)


@charges.command(
    "decide", epilog='Example: tenure charges decide PF3ABCDE charge --by "KH 12 §" --reason "..."'
)
@_CHARGE
@click.argument("decision", type=click.Choice(("charge", "waive")))
@click.option("--by", required=True, help="Who decides, or the decision's section.")
@click.option("--reason", required=True, help="Why.")
@click.option("--amount", metavar="EUR", help="Another sum than the known purchase price.")
@installation_flags
def decide_command(
    *,
    charge: str,
    decision: str,
    by: str,
    reason: str,
    amount: str | None,
    config: Path | None,
    **flags: Any,
) -> None:
    """Decide: charge, or waive. Nothing is ever charged without it."""
    said_by, why, sum_eur = note(by, "--by"), note(reason, "--reason"), _amount(amount)

    async def work(installation: Installation) -> Charge:
        found = await find_charge(installation.store, charge)
        return await decide_charge(
            installation.store,
            installation.clock,
            installation.policy,
            found.id,
            charges=decision == "charge",
            by=said_by,
            reason=why,
            amount=sum_eur,
        )

    click.echo(_line(with_installation(config, flags, work), translator(chosen_language())))


@charges.command("paid", epilog="Example: tenure charges paid PF3ABCDE --by finance")
@_CHARGE
@click.option("--by", required=True, help="Who says so.")
@installation_flags
def paid_command(*, charge: str, by: str, config: Path | None, **flags: Any) -> None:
    """Note that a charge was paid."""
    said_by = note(by, "--by")

    async def work(installation: Installation) -> Charge:
        found = await find_charge(installation.store, charge)
        return await mark_paid(installation.store, installation.clock, found.id, by=said_by)

    click.echo(_line(with_installation(config, flags, work), translator(chosen_language())))


@charges.command("refund", epilog="Example: tenure charges refund PF3ABCDE --by finance")
@_CHARGE
@click.option("--by", required=True, help="Who says so.")
@installation_flags
def refund_command(*, charge: str, by: str, config: Path | None, **flags: Any) -> None:
    """Note that a charge was paid back."""
    said_by = note(by, "--by")

    async def work(installation: Installation) -> Charge:
        found = await find_charge(installation.store, charge)
        return await mark_refunded(installation.store, installation.clock, found.id, by=said_by)

    click.echo(_line(with_installation(config, flags, work), translator(chosen_language())))


def _file(charge: str, config: Path | None, flags: dict[str, Any]) -> ChargeFile:
    async def work(installation: Installation) -> ChargeFile:
        return await charge_file(installation.store, charge)

    return with_installation(config, flags, work)


def _amount(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text.replace(",", "."))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not Decimal(0) < amount <= _MOST_EUR:
        raise InputError(say(N_("--amount “{text}” is no sum: write it as 1129.50."), text=text))
    return amount.quantize(Decimal("0.01"))


def _line(charge: Charge, speak: Translator) -> str:
    amount = charge.amount_eur if charge.amount_eur is not None else charge.price
    told = speak.gettext(N_("price not known")) if amount is None else speak.money(amount)
    why = "" if charge.why is None else f" ({speak.say(charge.why)})"
    return f"{charge.id}: {speak.gettext(CHARGE_STATES[charge.state])}, {told}{why}"


def _print_json(document: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
