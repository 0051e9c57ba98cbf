"""The city's side: an installation in memory, its keys, signer and approvers, by the use cases.

Nothing is imitated here: keys are made and documents signed and verified as in earnest; what is called is
what the web server, the commands and the signer call.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import (
    PayloadType,
    SignedDocument,
    add_signature,
    read_unverified,
    seal,
    signer_for,
    thumbprint,
)
from tenure_policies.payloads import KeysDocument, Manifest, Profile, Resume, Role
from tenure_policies.wire import EnrolAnswer, EnrolRequest, VisitRequest
from tenure_server.adapters.memory.store import Backup, MemoryStore
from tenure_server.adapters.memory.visit_log import MemoryVisitLog
from tenure_server.adapters.policy_files import term_policy
from tenure_server.adapters.signing import DirectiveKeySigning
from tenure_server.domain.campaign import ManifestStatus
from tenure_server.domain.ceremony import NewRole, first_document, next_keys
from tenure_server.domain.custody import Agreement, Asset, DeviceKind, Hold
from tenure_server.domain.device import EnrolledDevice
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import DeviceId, KeyThumbprint, MunicipalityId, Serial
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.domain.signer_exchange import Inbox
from tenure_server.domain.stay import Stay, StayKind, StaySubject
from tenure_server.domain.task import TASKS, TaskKind
from tenure_server.domain.term import TermPolicy
from tenure_server.signer.errors import ServerUnavailableError
from tenure_server.signer.journal import Journal
from tenure_server.signer.rounds import Round, Signer
from tenure_server.signer.settings import SignerSettings
from tenure_server.simulation.books import Books, read_books
from tenure_server.simulation.driving import drive
from tenure_server.usecases.directive_words import Notice
from tenure_server.usecases.enforce_ends import Enforcement, SweepResult, enforce_ends
from tenure_server.usecases.enrol_device import enrol_device, make_enrol_token
from tenure_server.usecases.first_start import first_start
from tenure_server.usecases.hand_over import HandedOver, HandOver, hand_over
from tenure_server.usecases.import_files import Batch, BatchOutcome, import_files
from tenure_server.usecases.import_register import RegisterFile
from tenure_server.usecases.ports import Municipality, Transaction
from tenure_server.usecases.publish_keys import publish_keys
from tenure_server.usecases.restore import confirm_register
from tenure_server.usecases.seal_log import seal_log
from tenure_server.usecases.set_stay import SetStay, lift_stay, set_stay
from tenure_server.usecases.signer_exchange import merge_approval, signer_inbox, store_release
from tenure_server.usecases.take_back import TakeBack, TakenBack, take_back
from tenure_server.usecases.verify_log import verify_log
from tenure_server.usecases.visit import Visited, Visiting, visit

ID: Final = MunicipalityId("kuntala")
APPROVERS: Final = 3
PrivateKey = ec.EllipticCurvePrivateKey
T = TypeVar("T")


@dataclass(slots=True)
class SimulatedClock:
    """The time of the simulation, which every part of it shares."""

    at: datetime

    def now(self) -> datetime:
        """Return the present moment of the story."""
        return self.at


def _new_key() -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(slots=True)
class CityKeys:
    """A city's private keys and its keys documents, oldest first."""

    root: PrivateKey = field(default_factory=_new_key)
    directive: PrivateKey = field(default_factory=_new_key)
    release: PrivateKey = field(default_factory=_new_key)
    approvers: tuple[PrivateKey, ...] = field(
        default_factory=lambda: tuple(_new_key() for _ in range(APPROVERS))
    )

    @property
    def root_id(self) -> str:
        """Return the thumbprint that laptops pin."""
        return thumbprint(self.root.public_key())

    def first(self, now: datetime) -> SignedDocument:
        """Return the first keys document."""
        payload = first_document(
            municipality=ID,
            profile=Profile.PRODUCTION,
            root=self.root.public_key(),
            directive=self.directive.public_key(),
            now=now,
        )
        return seal(payload, PayloadType.KEYS, signer_for(self.root))

    def ceremony(self, first: SignedDocument, now: datetime) -> SignedDocument:
        """Return the second: approvers and a release key, so that destruction is possible."""
        changes = {
            Role.APPROVE: NewRole(keys=tuple(key.public_key() for key in self.approvers), threshold=2),
            Role.RELEASE: NewRole(keys=(self.release.public_key(),)),
        }
        return next_keys(read_unverified(first, KeysDocument), [self.root], changes, now=now)


@dataclass(slots=True)
class InProcessCourier:
    """Carries documents between signer and server without a network; away while the server is."""

    store: MemoryStore
    clock: SimulatedClock

    def inbox(self, after: int) -> Inbox:
        """Return what waits for the signer."""
        self._answer()
        return drive(signer_inbox(self.store, after=after))

    def post_release(self, document: SignedDocument) -> None:
        """Hand a release over."""
        from tenure_server.domain.errors import TenureError
        from tenure_server.signer.errors import ServerRefusedError

        self._answer()
        try:
            drive(store_release(self.store, self.clock, document))
        except TenureError as error:
            raise ServerRefusedError(error.message) from error

    def _answer(self) -> None:
        if self.store.fails:
            from tenure_server.domain.message import say

            raise ServerUnavailableError(say("The server is down."))


class CityHall:
    """One installation."""

    def __init__(self, clock: SimulatedClock, *, fleet_size: int) -> None:
        self.clock = clock
        self.keys = CityKeys()
        self.store = MemoryStore(ID)
        self.policy: TermPolicy = term_policy()
        self.signing = DirectiveKeySigning(self.keys.directive)
        self.log = MemoryVisitLog(self.store)
        first = self.keys.first(clock.now())
        drive(first_start(self.store, clock, municipality=ID, name="Kuntala", policy="term_end", keys=first))
        second = self.keys.ceremony(first, clock.now())
        drive(publish_keys(self.store, clock, second))
        self._visiting: Visiting | None = None
        self._woken: set[str] = set()
        self.journal = Journal.in_memory()
        self.journal.pin_keys(2, second, clock.now())
        settings = SignerSettings(municipality=ID, server="", audience="", fleet_size=fleet_size)
        self.signer = Signer(
            settings=settings,
            journal=self.journal,
            key=self.keys.release,
            courier=InProcessCourier(self.store, clock),
            clock=clock,
        )
        notice = Notice(
            city="Kuntala", city_sv="Kommunby", place="Kirjaamo", phone="+358 0", zone=self.policy.zone
        )
        self.enforcement = Enforcement(
            store=self.store, clock=clock, signing=self.signing, policy=self.policy, notice=notice
        )

    def municipality(self) -> Municipality:
        """Return the tenant's row."""
        found = self._read(lambda tx: tx.municipality.get())
        if found is None:
            raise LookupError("there is no municipality")
        return found

    def _read(self, ask: Callable[[Transaction], Awaitable[T]]) -> T:
        async def reading() -> T:
            async with self.store.reading() as tx:
                return await ask(tx)

        return drive(reading())

    def facts(self) -> Facts:
        """Return the facts as the store has them."""
        return self._read(lambda tx: tx.register.facts())

    def on_news(self, device: str, wake: Callable[[], None]) -> None:
        """Call `wake` whenever something new waits for a laptop; once, however often it is asked."""
        if device not in self._woken:
            self._woken.add(device)
            self.store.on_news(DeviceId(device), wake)

    def devices(self) -> Sequence[EnrolledDevice]:
        """Return every laptop that is enrolled."""
        return self._read(lambda tx: tx.devices.all())

    def holds_locks_back(self) -> bool:
        """Tell whether more laptops are to lock out of the blue than may at once."""
        tasks = self._read(lambda tx: tx.records.all(TASKS, open_only=True))
        return any(task.kind is TaskKind.LOCKS_HELD_BACK for task in tasks)

    def proven(self) -> int:
        """Return how many cases ended with a proof."""
        cases = self._read(lambda tx: tx.directives.cases())
        return sum(1 for case in cases if case.status is CaseStatus.PROVEN)

    def sweep(self) -> SweepResult:
        """Bring every directive in line with the facts."""
        return drive(enforce_ends(self.enforcement))

    def seal(self) -> None:
        """Sign the log's state."""
        drive(seal_log(self.store, self.clock, self.signing))

    def visited(self, request: VisitRequest, key: str) -> Visited:
        """Answer a visit."""
        if self._visiting is None:
            self._visiting = Visiting(
                store=self.store, log=self.log, clock=self.clock, signing=self.signing,
                municipality=self.municipality(),
            )  # fmt: skip
        return drive(visit(self._visiting, request, key=KeyThumbprint(key)))

    def token(self, serial: str) -> str:
        """Make an enrolment token for one laptop."""
        return drive(make_enrol_token(self.store, self.clock, serial=Serial(serial)))

    def enrolled(self, request: EnrolRequest) -> EnrolAnswer:
        """Enrol a laptop."""
        return drive(enrol_device(self.store, self.clock, request))

    def know(self, serials: Iterable[str], terminals: frozenset[str]) -> None:
        """Take the fleet's list in."""
        assets = tuple(
            Asset(serial=Serial(one), kind=DeviceKind.TERMINAL if one in terminals else DeviceKind.LAPTOP)
            for one in serials
        )
        self.import_lists(assets=assets)

    def import_lists(
        self,
        *,
        assets: tuple[Asset, ...] = (),
        agreements: tuple[Agreement, ...] = (),
        holds: tuple[Hold, ...] = (),
    ) -> BatchOutcome:
        """Import lists of devices, agreements and holds."""
        lists = Facts(people={}, bodies={}, mandates=(), assets=assets, agreements=agreements, holds=holds)
        batch = Batch(lists=lists, lists_digest=f"lists {self.clock.now().isoformat()}")
        return drive(import_files(self.store, self.clock, batch))

    def import_register(self, file: RegisterFile, *, approved: bool = False) -> BatchOutcome:
        """Import a register, with two approvers' word for it if it is approved."""
        if approved:
            file = replace(file, approval=self.resume(file.import_id(ID)))
        return drive(import_files(self.store, self.clock, Batch(register=file)))

    def set_stay(self, wanted: SetStay) -> Stay:
        """Put an end off, or pause what follows from it."""
        return drive(set_stay(self.store, self.clock, self.policy.zone, wanted))

    def lift_stay(self, kind: StayKind, subject_type: StaySubject, subject: str) -> Sequence[Stay]:
        """End every stay of a kind on a subject."""
        return drive(lift_stay(self.store, self.clock, kind=kind, subject_type=subject_type, subject=subject))

    def hand_over(self, wanted: HandOver) -> HandedOver:
        """Hand a device over."""
        return drive(hand_over(self.store, self.clock, self.policy, wanted))

    def take_back(self, wanted: TakeBack) -> TakenBack:
        """Take a device back, or write down that it is gone."""
        return drive(take_back(self.store, self.clock, wanted))

    def resume(self, about: str) -> SignedDocument:
        """Let two approvers sign that something may go on."""
        statement = Resume(municipality=ID, stop=about, issued=self.clock.now())
        document = seal(statement, PayloadType.RESUME, signer_for(self.keys.approvers[0]))
        return add_signature(document, signer_for(self.keys.approvers[1]))

    def confirm_register(self) -> None:
        """Let two approvers confirm the register after a restore."""
        origin = self.municipality().log_origin
        drive(confirm_register(self.store, self.clock, self.resume(origin)))

    def drafts(self) -> list[SignedDocument]:
        """Return the lists that wait for approvals."""
        stored = self._read(lambda tx: tx.campaigns.manifests())
        return [
            msgspec.json.decode(one.document, type=SignedDocument)
            for one in stored
            if one.status is ManifestStatus.DRAFT
        ]

    def approve(self, draft: SignedDocument, approver: int) -> Manifest:
        """Let one approver sign a list, and return what was signed."""
        signed = add_signature(draft, signer_for(self.keys.approvers[approver]))
        drive(merge_approval(self.store, self.clock, signed))
        return read_unverified(signed, Manifest)

    def round(self) -> Round:
        """Let the signer do one round."""
        return self.signer.round()

    def books(self) -> Books:
        """Return everything that was written down."""
        return self._read(read_books)

    def log_fault(self) -> str | None:
        """Recompute the log; return the first thing in it that does not hold."""
        fault = drive(verify_log(self.store, self.municipality())).fault
        return None if fault is None else str(fault.why)

    def backup(self) -> Backup:
        """Return a backup."""
        return self.store.snapshot()

    def restore(self, backup: Backup) -> None:
        """Put the store back; the server starts anew and remembers nothing else."""
        self.store.restore(backup)
        self.restart()

    def restart(self) -> None:
        """Start the server's process anew: what it only remembered is gone."""
        self._visiting = None
