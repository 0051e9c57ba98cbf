"""`tenure signer init`: the key ceremony by which people switch destruction on."""

from pathlib import Path

import click
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import SignedDocument, thumbprint
from tenure_policies.payloads import Role
from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.keys import new_private_key, private_pem, read_public_key, write_new_file
from tenure_server.cli.key_options import (
    FILE,
    anonymous,
    ca_option,
    directory_option,
    open_key,
    passphrase_option,
    tell,
    write_json,
)
from tenure_server.cli.keys import anchored, fetch_keys, read_keys
from tenure_server.domain.ceremony import NewRole, next_keys
from tenure_server.domain.errors import InputError
from tenure_server.domain.message import N_, say
from tenure_server.signer.directory import SignerDirectory
from tenure_server.signer.errors import ServerRefusedError, ServerUnavailableError
from tenure_server.signer.journal import Journal
from tenure_server.signer.settings import SignerSettings, problem


@click.command()
@directory_option
@click.option("--server", required=True, help="Address of the web server. Example: https://tenure.example.fi")
@click.option("--keys", "keys_file", type=FILE, help="What 'tenure keys show --out' wrote.")
@click.option(
    "--root-key", "root_files", type=FILE, multiple=True, required=True, help="The exported root key."
)
@passphrase_option
@click.option("--approver", "approvers", type=FILE, multiple=True, help="Public key of one; two or more.")
@click.option(
    "--threshold", type=click.IntRange(min=2), default=2, show_default=True, help="Approvals needed."
)
@click.option("--fleet-size", type=click.IntRange(min=0), default=0, help="Laptops; sets the cap for a day.")
@click.option(
    "--wipes-per-hour",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Most releases an hour outside campaigns.",
)
@click.option(
    "--campaign-ceiling",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="Most releases an hour of all campaigns together.",
)
@click.option(
    "--cooling-off-hours",
    type=click.FloatRange(min=0),
    default=24.0,
    show_default=True,
    help="How long a campaign rests once it is fully approved.",
)
@click.option(
    "--approver-delay-hours",
    type=click.FloatRange(min=0),
    default=72.0,
    show_default=True,
    help="How long a change of approvers waits.",
)
@click.option(
    "--release-days",
    type=click.FloatRange(min=1),
    default=30.0,
    show_default=True,
    help="How long a laptop that is switched off may take to fetch its release.",
)
@click.option("--publish/--no-publish", default=True, show_default=True, help="Give the keys to the server.")
@ca_option
def init(
    *,
    directory: Path,
    server: str,
    keys_file: Path | None,
    root_files: tuple[Path, ...],
    passphrase_file: Path | None,
    approvers: tuple[Path, ...],
    threshold: int,
    fleet_size: int,
    wipes_per_hour: int,
    campaign_ceiling: int,
    cooling_off_hours: float,
    approver_delay_hours: float,
    release_days: float,
    publish: bool,
    ca: Path | None,
) -> None:
    """Hold the key ceremony: afterwards laptops can be wiped, by two approvers and this signer together.

    Makes the release key, which never leaves the directory, and the next keys document, signed by root.

    Example: tenure signer init --directory signer --server https://tenure.example.fi --root-key root-key.pem
    --approver mayor.pub.pem --approver clerk.pub.pem --fleet-size 60
    """
    published = fetch_keys(None if keys_file else server, keys_file, ca)
    roots = [open_key(file, passphrase_file) for file in root_files]
    current = anchored(published, frozenset(thumbprint(root.public_key()) for root in roots))
    release = new_private_key()
    changes = {
        Role.APPROVE: NewRole(keys=tuple(read_public_key(file) for file in approvers), threshold=threshold),
        Role.RELEASE: NewRole(keys=(release.public_key(),)),
    }
    following = next_keys(current, roots, changes, now=SystemClock().now())
    settings = SignerSettings(
        municipality=current.municipality,
        server=server,
        audience=published.audience,
        ca_file=None if ca is None else str(ca.resolve()),
        wipes_per_hour=wipes_per_hour,
        fleet_size=fleet_size,
        campaign_ceiling_per_hour=campaign_ceiling,
        cooling_off_hours=cooling_off_hours,
        approver_delay_hours=approver_delay_hours,
        release_days=release_days,
    )
    _settle(SignerDirectory(directory), release, following, settings)
    if publish:
        _publish(SignerDirectory(directory), following, settings, ca)
    else:
        tell(
            say(
                N_("Next: tenure keys publish {file} --server {server}"),
                file=SignerDirectory(directory).next_keys,
                server=server,
            )
        )


def _settle(
    home: SignerDirectory,
    release: ec.EllipticCurvePrivateKey,
    following: SignedDocument,
    settings: SignerSettings,
) -> None:
    wrong = problem(settings)
    if wrong is not None:
        raise InputError(say(N_("The value of {name} makes no sense."), name=wrong))
    home.prepare()
    write_new_file(home.release_key, private_pem(release, None))
    journal = Journal.create(home.journal_file)
    journal.pin_keys(read_keys(following).number, following, SystemClock().now())
    journal.close()
    write_json(home.next_keys, following)
    write_new_file(home.settings_file, msgspec.json.format(msgspec.json.encode(settings), indent=2) + b"\n")
    tell(
        say(
            N_("The release key {key} lies in {directory} and nowhere else."),
            key=thumbprint(release.public_key())[:16],
            directory=home.path,
        )
    )


def _publish(
    home: SignerDirectory, following: SignedDocument, settings: SignerSettings, ca: Path | None
) -> None:
    try:
        anonymous(settings.server, ca).publish_keys(following)
    except ServerUnavailableError:
        tell(
            say(
                N_("The server lacks the keys yet. Later: tenure keys publish {file} --server {server}"),
                file=home.next_keys,
                server=settings.server,
            )
        )
        raise
    except ServerRefusedError:
        tell(
            say(
                N_("The server did not take the keys: remove {directory} and hold the ceremony again."),
                directory=home.path,
            )
        )
        raise
    tell(
        say(
            N_("Destruction is switched on. Start the signer: tenure signer run --directory {directory}"),
            directory=home.path,
        )
    )
