"""What can be seen of the running town: in the database, in the sandbox, by cryptsetup. Reads only."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tenure_policies.envelope import SignedDocument, read_unverified
from tenure_policies.payloads import Act, Directive, Outcome, Receipt
from tenure_server.adapters.processes import run, system_program
from tenure_server.demo.premises import Premises
from tenure_server.domain.campaign import StoredManifest
from tenure_server.domain.device import EnrolledDevice, LastVisit, StoredReceipt
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import DeviceId, PersonId, Serial
from tenure_server.domain.mail_check import MAILBOX_STATES, RULE_FIXES, MailboxState, RuleFix
from tenure_server.usecases.ports import Store

MARKER, PAGE, VOLUME, VOLUME_KEY = "locked.json", "locked.html", "volume.luks", "volume.key"
OPENS, DOES_NOT_OPEN = 0, frozenset({1, 2})
"""Exit codes of `cryptsetup open --test-passphrase`: it opens; no usable key slot, or no key fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Every enrolled laptop and what it last showed."""

    devices: Sequence[EnrolledDevice]
    visits: dict[DeviceId, LastVisit]

    def visit(self, serial: str) -> LastVisit | None:
        """Return a laptop's last visit."""
        device = next((device for device in self.devices if device.serial == serial), None)
        return None if device is None else self.visits.get(device.id)

    def following(self) -> frozenset[str]:
        """Return the laptops that hold their newest directive."""
        return frozenset(
            device.serial
            for device in self.devices
            if device.seq > 0 and (visit := self.visits.get(device.id)) and visit.held_seq == device.seq
        )

    def locked(self) -> frozenset[str]:
        """Return the laptops that say they are locked."""
        return frozenset(
            device.serial
            for device in self.devices
            if (visit := self.visits.get(device.id)) is not None and visit.locked
        )


class Sightings:
    """Look at the town."""

    def __init__(self, store: Store, premises: Premises) -> None:
        self._store = store
        self._premises = premises

    async def facts(self) -> Facts:
        """Return the register and the custody as recorded."""
        async with self._store.reading() as tx:
            return await tx.register.facts()

    async def fleet(self) -> Fleet:
        """Return the laptops."""
        async with self._store.reading() as tx:
            return Fleet(devices=await tx.devices.all(), visits=dict(await tx.devices.last_visits()))

    async def directive(self, serial: str) -> Directive | None:
        """Return a laptop's newest directive."""
        async with self._store.reading() as tx:
            device = await tx.devices.by_serial(Serial(serial))
            latest = None if device is None else await tx.directives.latest(device.id)
        if latest is None:
            return None
        return read_unverified(msgspec.json.decode(latest.document, type=SignedDocument), Directive)

    async def manifests(self) -> Sequence[StoredManifest]:
        """Return the lists for wiping."""
        async with self._store.reading() as tx:
            return await tx.campaigns.manifests()

    async def released(self) -> frozenset[DeviceId]:
        """Return the laptops whose wipe the signer released."""
        async with self._store.reading() as tx:
            return frozenset(release.device for release in await tx.campaigns.releases())

    async def receipts(self) -> Sequence[StoredReceipt]:
        """Return every laptop's receipts."""
        async with self._store.reading() as tx:
            return await tx.devices.all_receipts()

    async def mailboxes(self) -> dict[PersonId, MailboxState]:
        """Return the last word on each mailbox."""
        async with self._store.reading() as tx:
            return {state.person: state for state in await tx.records.all(MAILBOX_STATES)}

    async def rule_fixes(self) -> Sequence[RuleFix]:
        """Return the rules that were switched off, or were to be."""
        async with self._store.reading() as tx:
            return await tx.records.all(RULE_FIXES)

    async def documents(self, serial: str) -> dict[str, Any]:
        """Return a laptop's inventory."""
        async with self._store.reading() as tx:
            device = await tx.devices.by_serial(Serial(serial))
            stored = {} if device is None else await tx.devices.documents(device.id)
        return {name: json.loads(body) for name, (_, body) in stored.items()}

    def lock_page(self) -> str | None:
        """Return the page that the real agent's sandbox shows; None unless its marker stands."""
        if not (self._premises.sandbox / MARKER).is_file():
            return None
        page = self._premises.sandbox / PAGE
        return page.read_text(encoding="utf-8") if page.is_file() else ""

    def has_volume(self) -> bool:
        """Tell whether the sandbox has a real encrypted volume, not an emulated one."""
        return (self._premises.sandbox / VOLUME).is_file()

    async def volume_opens(self) -> bool | None:
        """Ask cryptsetup, as anyone could, whether the volume opens; None if it cannot be told."""
        cryptsetup = system_program("cryptsetup")
        if cryptsetup is None or not self.has_volume():
            return None
        tried = await run(
            cryptsetup,
            *("open", "--test-passphrase", f"--key-file={self._premises.sandbox / VOLUME_KEY}"),
            str(self._premises.sandbox / VOLUME),
        )
        if tried.exit_code == OPENS:
            return True
        return False if tried.exit_code in DOES_NOT_OPEN else None


def wipes(receipts: Sequence[StoredReceipt], *outcomes: Outcome) -> dict[DeviceId, Receipt]:
    """Return the last receipt about a wipe with one of the outcomes, by laptop."""
    wanted = {outcome.value for outcome in outcomes}
    return {
        stored.device: read_unverified(msgspec.json.decode(stored.document, type=SignedDocument), Receipt)
        for stored in receipts
        if stored.act == Act.WIPE.value and stored.outcome in wanted
    }
