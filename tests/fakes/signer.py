"""A signer's world: a city that signs, laptops that sign receipts, a courier that may be an attacker's."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakes.keys import City, PrivateKey, city_with_signer, key_id, key_pem, new_key, sign_receipt
from tenure_policies.envelope import SignedDocument, digest, read_unverified
from tenure_policies.payloads import Act, Manifest, ManifestEntry, Outcome, Receipt, Release
from tenure_server.domain.message import say
from tenure_server.domain.signer_exchange import Inbox
from tenure_server.signer.errors import ServerRefusedError, ServerUnavailableError
from tenure_server.signer.journal import Journal
from tenure_server.signer.rounds import Round, Signer
from tenure_server.signer.settings import SignerSettings

TERM_END = datetime(2029, 5, 31, 21, 0, tzinfo=UTC)
DUE = TERM_END + timedelta(days=1)


@dataclass(slots=True)
class StandingClock:
    """A clock that moves only when told."""

    at: datetime = DUE

    def now(self) -> datetime:
        return self.at

    def passes(self, **spell: float) -> None:
        self.at += timedelta(**spell)


@dataclass(slots=True, kw_only=True)
class Laptop:
    """A laptop that signs what it did."""

    number: int = 1
    key: PrivateKey = field(default_factory=new_key)
    epoch: int = 1
    receipts: list[SignedDocument] = field(default_factory=list)

    @property
    def serial(self) -> str:
        return f"PF3{self.number:05d}"

    @property
    def device(self) -> str:
        return f"dev-{self.number}"

    @property
    def lock_id(self) -> str:
        return f"lock-{self.number}"

    def entry(self, **other: object) -> ManifestEntry:
        """Return the laptop's line on a manifest."""
        facts: dict[str, object] = {
            "serial": self.serial,
            "device": self.device,
            "device_key": key_id(self.key),
            "epoch": self.epoch,
            "lock_id": self.lock_id,
            "case": f"case-{self.number}",
            "not_before": DUE,
            "reason": f"Holder {self.number} (P{self.number}): P18, § 12",
        }
        return ManifestEntry(**(facts | other))  # type: ignore[arg-type]

    def receipt(self, *, key: PrivateKey | None = None, **other: object) -> SignedDocument:
        """Return a receipt of the laptop's being locked, signed by its key unless another is named."""
        facts: dict[str, object] = {
            "municipality": "kuntala",
            "device": self.device,
            "serial": self.serial,
            "device_key": key_id(self.key),
            "epoch": self.epoch,
            "number": len(self.receipts) + 1,
            "act": Act.LOCK,
            "outcome": Outcome.DONE,
            "lock_id": self.lock_id,
            "seq": 1,
            "by_lease": True,
            "at": TERM_END,
        }
        return sign_receipt(Receipt(**(facts | other)), key or self.key)  # type: ignore[arg-type]


def manifest_of(*laptops: Laptop, **other: object) -> Manifest:
    """Return a manifest over laptops: ends in mid-term unless said otherwise."""
    facts: dict[str, object] = {
        "municipality": "kuntala",
        "id": "manifest-1",
        "campaign": False,
        "rate_per_hour": 0,
        "entries": tuple(laptop.entry() for laptop in laptops),
        "prepared_by": "",
        "issued": TERM_END - timedelta(days=14),
        "expires": DUE + timedelta(days=60),
    }
    return Manifest(**(facts | other))  # type: ignore[arg-type]


@dataclass(slots=True)
class FakeCourier:
    """A web server as the signer sees it; whoever owns it decides what it says."""

    keys: list[SignedDocument] = field(default_factory=list)
    manifests: list[SignedDocument] = field(default_factory=list)
    receipts: list[SignedDocument] = field(default_factory=list)
    device_keys: dict[str, str] = field(default_factory=dict)
    stored: dict[str, SignedDocument] = field(default_factory=dict)
    """Releases by id, as a server keeps them."""
    posted: list[SignedDocument] = field(default_factory=list)
    """Every release that was handed over, also again."""
    answers: bool = True
    refuses: bool = False

    def inbox(self, after: int) -> Inbox:
        self._answer()
        return Inbox(
            municipality="kuntala",
            keys=tuple(self.keys[after:]),
            manifests=tuple(self.manifests),
            receipts=tuple(self.receipts),
            device_keys=self.device_keys,
            known_releases=tuple(self.stored),
        )

    def post_release(self, document: SignedDocument) -> None:
        self._answer()
        if self.refuses:
            raise ServerRefusedError(say("withdrawn"))
        self.posted.append(document)
        self.stored.setdefault(read_unverified(document, Release).id, document)

    def _answer(self) -> None:
        if not self.answers:
            raise ServerUnavailableError(say("away"))


@dataclass(slots=True)
class SignerWorld:
    """One signer with everything around it."""

    directory: Path
    city: City = field(default_factory=city_with_signer)
    clock: StandingClock = field(default_factory=StandingClock)
    courier: FakeCourier = field(default_factory=FakeCourier)
    settings: SignerSettings = field(
        default_factory=lambda: SignerSettings(
            municipality="kuntala", server="https://tenure.example", audience="tenure:kuntala"
        )
    )

    def __post_init__(self) -> None:
        journal = Journal.create(self.path)
        journal.pin_keys(self.city.keys.number, self.city.documents[-1], self.clock.now())
        journal.close()
        self.courier.keys = self.city.documents

    @property
    def path(self) -> Path:
        return self.directory / "journal.sqlite"

    @property
    def journal(self) -> Journal:
        """Open the journal anew, as another process would."""
        return Journal.open(self.path)

    def lock(self, *laptops: Laptop) -> None:
        """Let laptops report that they are locked."""
        for laptop in laptops:
            laptop.receipts.append(laptop.receipt())
            self.courier.receipts.append(laptop.receipts[-1])
            self.courier.device_keys[key_id(laptop.key)] = key_pem(laptop.key)

    def approve(self, manifest: Manifest, *approvers: PrivateKey) -> SignedDocument:
        """Let approvers sign a manifest and the server carry it."""
        self.courier.manifests.append(self.city.sign_manifest(manifest, *approvers))
        return self.courier.manifests[-1]

    def round(self, **other: object) -> Round:
        """Do one round with a freshly opened journal."""
        journal = self.journal
        parts: dict[str, object] = {
            "settings": self.settings,
            "journal": journal,
            "key": self.city.release,
            "courier": self.courier,
            "clock": self.clock,
        }
        try:
            return Signer(**(parts | other)).round()  # type: ignore[arg-type]
        finally:
            journal.close()

    @property
    def releases(self) -> list[Release]:
        """Return the releases that the server has, verified under the release key."""
        from tenure_policies.envelope import PayloadType
        from tenure_policies.payloads import Role

        return [
            self.city.trusted.open(document, PayloadType.RELEASE, Release, Role.RELEASE)
            for document in self.courier.stored.values()
        ]


def digests(documents: list[SignedDocument]) -> set[str]:
    """Return what documents are called by."""
    return {digest(document) for document in documents}


def holds(done: Round) -> list[str]:
    """Return why laptops or manifests are held."""
    return [held.hold for held in done.held]
