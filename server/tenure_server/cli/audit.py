"""`tenure audit verify`: recomputes the log; exit 1 names the first entry that does not hold."""

from pathlib import Path
from typing import Any

import click
import msgspec

from tenure_policies.envelope import SignedDocument
from tenure_server.cli import chosen_language
from tenure_server.cli.installation import installation_flags, with_installation
from tenure_server.cli.key_options import FILE, read_document
from tenure_server.cli.refusal import EXIT_NO
from tenure_server.domain.message import N_, say
from tenure_server.language import Translator, translator
from tenure_server.usecases.verify_log import LogVerdict, verify_log
from tenure_server.wiring import Installation


@click.group()
def audit() -> None:
    """Check the log of everything that was done."""


@audit.command()
@click.option(
    "--checkpoint", type=FILE, help="A signed checkpoint from elsewhere, for example from a laptop."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@installation_flags
def verify(*, checkpoint: Path | None, as_json: bool, config: Path | None, **flags: Any) -> None:
    """Recompute the log and its proofs; name the first entry that does not hold.

    Example: tenure audit verify --json
    """
    shown: SignedDocument | None = None if checkpoint is None else read_document(checkpoint)

    async def work(installation: Installation) -> LogVerdict:
        return await verify_log(installation.store, installation.municipality, shown=shown)

    verdict = with_installation(config, flags, work)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(verdict_document(verdict))).decode())
    else:
        click.echo(_sentence(verdict, translator(chosen_language())))
    if verdict.fault is not None:
        click.get_current_context().exit(EXIT_NO)


def verdict_document(verdict: LogVerdict) -> dict[str, Any]:
    """Return a verdict as the JSON that people script against; its text is English."""
    fault = verdict.fault
    return {
        "holds": fault is None,
        "origin": verdict.origin,
        "size": verdict.size,
        "root": verdict.root,
        "checkpoints": verdict.checkpoints,
        "fault": None if fault is None else {"position": fault.position, "why": str(fault.why)},
    }


def _sentence(verdict: LogVerdict, words: Translator) -> str:
    if verdict.fault is not None:
        return words.say(verdict.fault.why)
    return words.say(
        say(
            N_("The log {origin} holds: {size} entries, {checkpoints} signed checkpoints, tree hash {root}."),
            origin=verdict.origin,
            size=verdict.size,
            checkpoints=verdict.checkpoints,
            root=verdict.root,
        )
    )
