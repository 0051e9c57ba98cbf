"""One round of a signer: fetch what waits, judge it by signatures and the own clock, release what is due.

Every step is in the journal before the next is taken (see `journal`). A round that was killed anywhere is
finished by the next one with the same releases; a stop or a veto holds from the moment it is written.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import (
    EnvelopeError,
    SignedDocument,
    add_signature,
    digest,
    read_unverified,
    signer_for,
    thumbprint,
)
from tenure_policies.payloads import Manifest, ManifestEntry, Release, Role
from tenure_policies.trusted_keys import TrustedKeys
from tenure_server.domain.signer_exchange import Inbox
from tenure_server.signer.canaries import Canary, canaries_of, hold_of, judge_canary, lacks_canary
from tenure_server.signer.decide import (
    HeldError,
    Hold,
    is_locked,
    judge_standing,
    judge_time,
    open_approved,
    receipts_by_device,
    release_of,
)
from tenure_server.signer.errors import ServerRefusedError
from tenure_server.signer.follow_keys import KeysFollower, read_keys
from tenure_server.signer.journal import Journal, RecordedRelease
from tenure_server.signer.ports import Courier
from tenure_server.signer.settings import SignerSettings
from tenure_server.usecases.ports import Clock


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest, or one laptop on it, that was not released, and why."""

    manifest: str
    serial: str | None
    hold: str
    detail: str = ""
    until: datetime | None = None


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What one round found and did."""

    at: datetime
    keys_number: int
    stopped: bool = False
    waiting_keys: tuple[int, ...] = ()
    """Numbers of keys documents that are not followed yet: somebody changes who approves."""
    released: tuple[str, ...] = ()
    """Serials whose release was recorded in this round."""
    sent: tuple[str, ...] = ()
    """Serials whose release reached the server in this round."""
    held: tuple[Held, ...] = ()
    refused: tuple[str, ...] = ()
    """What the server said when it refused a release; sent again next round."""


class Signer:
    """The holder of the release key, with its journal, limits and clock."""

    def __init__(
        self,
        *,
        settings: SignerSettings,
        journal: Journal,
        key: ec.EllipticCurvePrivateKey,
        courier: Courier,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._key = key
        self._courier = courier
        self._clock = clock

    def round(self) -> Round:
        """Do one round and remember what it found.

        Raises:
            ClockWentBackError: Nothing was released.
            JournalError: Nothing was released that is not recorded.
            ServerUnavailableError: What was recorded is sent in a later round.
        """
        now = self._clock.now()
        self._journal.see_clock(now)
        work = _Work(self._settings, self._journal, self._key, self._courier, now)
        done = work.stopped() if self._journal.is_stopped() else work.run()
        self._journal.put_last_round(msgspec.json.encode(done))
        return done


class _Work:
    """One round at one moment."""

    def __init__(
        self,
        settings: SignerSettings,
        journal: Journal,
        key: ec.EllipticCurvePrivateKey,
        courier: Courier,
        now: datetime,
    ) -> None:
        self.settings = settings
        self.journal = journal
        self.key = key
        self.courier = courier
        self.now = now
        self.keys = KeysFollower(journal, now, delay=settings.approver_delay)
        self.held: list[Held] = []
        self.released: list[str] = []
        self.sent: list[str] = []
        self.refused: list[str] = []

    def run(self) -> Round:
        """Finish what was recorded, then look for what is due."""
        for release in self.journal.releases(unposted_only=True):
            self.send(release)
        inbox = self.courier.inbox(read_keys(self.journal.pinned_keys()).number)
        keys = self.keys.follow(inbox.keys)
        by_device = receipts_by_device(inbox.receipts)
        for document in inbox.manifests:
            self.consider(document, keys, by_device, inbox)
        return self.report()

    def stopped(self) -> Round:
        """Tell that nothing was done."""
        return msgspec.structs.replace(self.report(), stopped=True)

    def report(self) -> Round:
        """Tell what was done."""
        return Round(
            at=self.now,
            keys_number=read_keys(self.journal.pinned_keys()).number,
            waiting_keys=self.keys.waiting,
            released=tuple(self.released),
            sent=tuple(self.sent),
            held=tuple(self.held),
            refused=tuple(self.refused),
        )

    def consider(
        self,
        document: SignedDocument,
        keys: TrustedKeys,
        receipts: Mapping[str, Sequence[SignedDocument]],
        inbox: Inbox,
    ) -> None:
        """Release what is due of one manifest, or note why not."""
        try:
            manifest = open_approved(
                document, keys=keys, municipality=self.settings.municipality, now=self.now
            )
            self.check_release_key(keys)
            self.check_canaries(manifest)
        except HeldError as error:
            self.held.append(
                Held(manifest=_claimed_id(document), serial=None, hold=error.hold.value, detail=error.detail)
            )
            return
        named = digest(document)
        approved_since = self.journal.note_approved(named, manifest.id, self.now)
        first = self.canaries(manifest, receipts, inbox)
        for entry in manifest.entries:
            if self.journal.is_released(entry.device, entry.epoch, entry.lock_id):
                self.send_lost(entry, inbox)
                continue
            waits = judge_time(
                entry, manifest, approved_since=approved_since, settings=self.settings, now=self.now
            )
            locked = waits is None and is_locked(
                entry,
                municipality=manifest.municipality,
                receipts=receipts.get(entry.device, ()),
                device_keys=inbox.device_keys,
            )
            if waits is not None:
                self.hold(manifest, entry, waits[0], waits[1])
            elif not locked:
                self.hold(manifest, entry, Hold.NOT_LOCKED)
            elif first is not None and not entry.canary:
                self.hold(manifest, entry, first)
            else:
                self.keep_key_of(entry, inbox)
                self.release(manifest, entry, named)

    def keep_key_of(self, entry: ManifestEntry, inbox: Inbox) -> None:
        """Keep the key of a canary before its release: wiped, it may soon be enrolled with another."""
        if entry.canary:
            self.journal.keep_key(entry.device_key, inbox.device_keys[entry.device_key])

    def canaries(
        self, manifest: Manifest, receipts: Mapping[str, Sequence[SignedDocument]], inbox: Inbox
    ) -> Hold | None:
        """Say what the rest of a campaign waits for, or None; a canary seen through is remembered."""
        return hold_of([self.canary(entry, manifest, receipts, inbox) for entry in canaries_of(manifest)])

    def canary(
        self,
        entry: ManifestEntry,
        manifest: Manifest,
        receipts: Mapping[str, Sequence[SignedDocument]],
        inbox: Inbox,
    ) -> Canary:
        """Say how far a canary has come: only a wipe that this signer released counts."""
        lock = entry.device, entry.epoch, entry.lock_id
        if not self.journal.is_released(*lock):
            return Canary.WAITING
        if self.journal.is_through(*lock):
            return Canary.THROUGH
        judged = judge_canary(
            entry,
            municipality=manifest.municipality,
            receipts=receipts.get(entry.device, ()),
            device_keys={**inbox.device_keys, **self.journal.kept_keys()},
        )
        if judged is Canary.THROUGH:
            # Reinstalled and enrolled again, it could no longer be asked.
            self.journal.note_through(*lock, self.now)
        return judged

    def check_release_key(self, keys: TrustedKeys) -> None:
        """Pass silently if laptops would follow this signer's key.

        Raises:
            HeldError: The keys document names another.
        """
        if thumbprint(self.key.public_key()) not in keys.of(Role.RELEASE):
            raise HeldError(Hold.NO_RELEASE_KEY)

    def check_canaries(self, manifest: Manifest) -> None:
        """Pass silently if somebody goes first where somebody must.

        Raises:
            HeldError: A campaign would release everybody at once.
        """
        if self.settings.campaigns_need_canaries and lacks_canary(manifest):
            raise HeldError(Hold.NO_CANARY)

    def release(self, manifest: Manifest, entry: ManifestEntry, named: str) -> None:
        """Record one release if the journal leaves room, then sign and send it."""
        release = release_of(entry, manifest, named, settings=self.settings, now=self.now)
        hold = self.journal.record(
            release,
            manifest_id=manifest.id,
            campaign=manifest.campaign,
            now=self.now,
            judge=lambda standing: judge_standing(standing, manifest, self.settings),
        )
        if hold is not None:
            self.hold(manifest, entry, hold)
            return
        self.released.append(entry.serial)
        self.send_of(entry)

    def send_lost(self, entry: ManifestEntry, inbox: Inbox) -> None:
        """Send a release again that the server had and, restored from a backup, has no more."""
        recorded = self.recorded(entry)
        if _release(recorded).id not in inbox.known_releases and recorded.posted_at is not None:
            self.send(recorded)

    def send_of(self, entry: ManifestEntry) -> None:
        """Send the release that was recorded for an entry."""
        self.send(self.recorded(entry))

    def recorded(self, entry: ManifestEntry) -> RecordedRelease:
        """Return the release that was recorded for an entry."""
        return self.journal.release_for(entry.device, entry.epoch, entry.lock_id)

    def send(self, recorded: RecordedRelease) -> None:
        """Sign a recorded release if it is not, and hand it over; a stop or veto holds it back."""
        if self.now >= _release(recorded).expires or not self.may_send(recorded):
            return
        document = recorded.document
        if not recorded.signed:
            document = add_signature(document, signer_for(self.key))
            self.journal.put_signed(recorded, document)
        if not self.may_send(recorded):
            return
        try:
            self.courier.post_release(document)
        except ServerRefusedError as error:
            self.refused.append(f"{recorded.serial}: {error}")
            return
        self.journal.mark_posted(recorded, self.now)
        self.sent.append(recorded.serial)

    def may_send(self, recorded: RecordedRelease) -> bool:
        """Tell whether nobody stopped the signer or vetoed the manifest."""
        return not self.journal.is_stopped() and not self.journal.is_vetoed(recorded.manifest_id)

    def hold(
        self, manifest: Manifest, entry: ManifestEntry, hold: Hold, until: datetime | None = None
    ) -> None:
        """Note why a laptop is not released."""
        self.held.append(Held(manifest=manifest.id, serial=entry.serial, hold=hold.value, until=until))


def _release(recorded: RecordedRelease) -> Release:
    return read_unverified(recorded.document, Release)


def _claimed_id(document: SignedDocument) -> str:
    try:
        return read_unverified(document, Manifest).id
    except EnvelopeError:
        return ""
