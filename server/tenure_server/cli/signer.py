"""`tenure signer`: the process that alone can release a wipe; set up, run, stopped and resumed here."""

import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import click
import structlog

from tenure_policies.envelope import digest
from tenure_policies.payloads import KeysDocument
from tenure_policies.trusted_keys import TrustedKeys
from tenure_server.adapters.clock import MovableClock, SystemClock
from tenure_server.adapters.keys import read_private_key
from tenure_server.cli.key_options import FILE, directory_option, read_document, show_json, tell
from tenure_server.cli.keys import is_demo, read_keys
from tenure_server.cli.signer_init import init
from tenure_server.domain.errors import InputError, RefusedError
from tenure_server.domain.message import N_, say
from tenure_server.signer.directory import SignerDirectory
from tenure_server.signer.errors import ClockWentBackError, ServerRefusedError, ServerUnavailableError
from tenure_server.signer.follow_keys import KeysFollower
from tenure_server.signer.journal import Stop
from tenure_server.signer.resume import approvers_of_resume
from tenure_server.signer.rounds import Round, Signer
from tenure_server.signer.server_http import ServerHttp, open_http
from tenure_server.signer.status import status_lines, status_of
from tenure_server.usecases.ports import Clock

log = structlog.get_logger()


@click.group()
def signer() -> None:
    """Run the process that releases wipes, on its own user or host."""


signer.add_command(init)


@signer.command()
@directory_option
@click.option("--once", is_flag=True, help="Do one round and end.")
@click.option(
    "--poll-seconds",
    type=click.FloatRange(min=0.1),
    default=30.0,
    show_default=True,
    help="How often the server is asked.",
)
@click.option("--json", "as_json", is_flag=True, help="With --once: print what the round did.")
@click.option("--demo-clock", type=FILE, help="A demo's clock file; refused unless the keys are a demo's.")
def run(directory: Path, once: bool, poll_seconds: float, as_json: bool, demo_clock: Path | None) -> None:
    """Release what two approvers signed for, when it is due and the laptop shows that it is locked.

    With --once it ends with 1 when a stop stands.

    Example: tenure signer run --directory /var/lib/tenure-signer
    """
    home = SignerDirectory(directory)
    settings, journal = home.settings(), home.journal()
    pinned = read_keys(journal.pinned_keys())
    clock = _clock(pinned, demo_clock)
    key = read_private_key(home.release_key)
    with open_http(settings.server, ca_file=settings.ca_file) as http:
        courier = ServerHttp(http, SystemClock(), key=key, audience=settings.audience)
        process = Signer(settings=settings, journal=journal, key=key, courier=courier, clock=clock)
        if once:
            done = process.round()
            if as_json:
                show_json(done)
            if done.stopped:
                tell(say(N_("This signer is stopped: see 'tenure signer status'.")))
            click.get_current_context().exit(1 if done.stopped else 0)
        _run_on(process, poll_seconds)


def _clock(pinned: KeysDocument, demo_clock: Path | None) -> Clock:
    if demo_clock is None:
        return SystemClock()
    if not is_demo(pinned):
        raise RefusedError(say(N_("These keys are no demo's: this signer follows the machine's clock only.")))
    return MovableClock(demo_clock, SystemClock())


def _run_on(process: Signer, poll_seconds: float) -> None:
    ending = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda _number, _frame: ending.set())
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    log.info("signer_runs", poll_seconds=poll_seconds)
    while not ending.is_set():
        try:
            _log(process.round())
        except ServerUnavailableError as error:
            log.warning("server_unavailable", why=str(error))
        except (ServerRefusedError, ClockWentBackError) as error:
            log.error("signer_holds", why=str(error))  # noqa: TRY400 - a known state, not a fault
        ending.wait(poll_seconds)


def _log(done: Round) -> None:
    if done.stopped:
        log.warning("signer_stopped")
    if done.waiting_keys:
        log.warning("approvers_are_to_change", keys=done.waiting_keys)
    if done.released or done.sent:
        log.info("released", serials=done.released, sent=done.sent)
    for refused in done.refused:
        log.error("release_refused_by_server", why=refused)


@signer.command()
@directory_option
@click.option("--reason", required=True, help="Why, for whoever must decide about resuming.")
def stop(directory: Path, reason: str) -> None:
    """Stop every release at once, also of a signer that is running. One person is enough.

    Example: tenure signer stop --directory /var/lib/tenure-signer --reason "wrong list?"
    """
    home = SignerDirectory(directory)
    settings, journal = home.settings(), home.journal()
    stop_id = f"{settings.municipality}/stop-{secrets.token_hex(6)}"
    journal.add_stop(Stop(id=stop_id, at=SystemClock().now(), reason=reason))
    click.echo(stop_id)
    tell(
        say(
            N_("Stopped. To resume, two approvers sign: tenure approve resume {stop} --key FILE --out FILE"),
            stop=stop_id,
        )
    )


@signer.command()
@directory_option
@click.option("--approval", "approvals", type=FILE, multiple=True, required=True, help="A signed resume.")
@click.option("--stop", "stop_id", help="Which stop; the only one that stands otherwise.")
def resume(directory: Path, approvals: tuple[Path, ...], stop_id: str | None) -> None:
    """Lift a stop that two approvers signed for.

    Example: tenure signer resume --directory /var/lib/tenure-signer --approval a.json --approval b.json
    """
    home = SignerDirectory(directory)
    settings, journal = home.settings(), home.journal()
    stop_id = _which(journal.stops(), stop_id)
    signed = approvers_of_resume(
        [read_document(file) for file in approvals],
        stop=stop_id,
        municipality=settings.municipality,
        keys=TrustedKeys(read_keys(journal.pinned_keys())),
    )
    journal.lift_stop(stop_id, signed, SystemClock().now())
    tell(say(N_("The stop {stop} is lifted."), stop=stop_id))


def _which(stops: Sequence[Stop], named: str | None) -> str:
    standing = [stop.id for stop in stops]
    if named is not None and named in standing:
        return named
    if named is None and len(standing) == 1:
        return standing[0]
    if not standing:
        raise RefusedError(say(N_("No stop stands: there is nothing to resume.")))
    raise InputError(say(N_("Name one of the stops with --stop: {stops}"), stops=", ".join(standing)))


@signer.command("keys")
@directory_option
@click.argument("document", type=FILE)
def follow_keys(directory: Path, document: Path) -> None:
    """Show the signer a keys document that was carried here, as the server would.

    The same rules hold: a change of approvers waits, a smaller group needs the old one's signatures.
    Ends with 1 while it does not follow it.

    Example: tenure signer keys next-clerk.json --directory /var/lib/tenure-signer
    """
    home = SignerDirectory(directory)
    settings, journal = home.settings(), home.journal()
    now = SystemClock().now()
    journal.see_clock(now)
    offered = read_document(document)
    KeysFollower(journal, now, delay=settings.approver_delay).follow([offered])
    number, followed = read_keys(offered).number, digest(journal.pinned_keys()) == digest(offered)
    if followed:
        tell(say(N_("This signer follows keys document {number}."), number=number))
    else:
        tell(say(N_("This signer does not follow keys document {number} yet."), number=number))
    click.get_current_context().exit(0 if followed else 1)


@signer.command()
@directory_option
@click.argument("manifest")
@click.option("--reason", required=True, help="Why; kept in the journal.")
def veto(directory: Path, manifest: str, reason: str) -> None:
    """Never release anything under one manifest from now on. One person is enough; it cannot be undone.

    Example: tenure signer veto manifest-0a1b --directory /var/lib/tenure-signer --reason "wrong list"
    """
    home = SignerDirectory(directory)
    home.settings()
    home.journal().veto(manifest, reason, SystemClock().now())
    tell(say(N_("Nothing will be released under {manifest}."), manifest=manifest))


@signer.command()
@directory_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(directory: Path, as_json: bool) -> None:
    """Show what this signer follows, released, holds back, and why.

    Example: tenure signer status --directory /var/lib/tenure-signer --json
    """
    home = SignerDirectory(directory)
    found = status_of(home.settings(), home.journal())
    if as_json:
        show_json(found)
        return
    for line in status_lines(found):
        click.echo(line)
