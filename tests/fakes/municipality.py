"""An invented municipality that really signs keys, directives, manifests and time; imports no server."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.directive import Identity
from tenure_policies.envelope import (
    PayloadType,
    SignedDocument,
    digest,
    public_pem,
    read_unverified,
    seal,
    signer_for,
    thumbprint,
)
from tenure_policies.payloads import (
    Directive,
    DirectiveState,
    KeysDocument,
    Manifest,
    ManifestEntry,
    Profile,
    Release,
    Role,
    RoleKeys,
    Sentences,
    TimeStatement,
)
from tenure_policies.trusted_keys import TrustedKeys

PrivateKey = ec.EllipticCurvePrivateKey

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
TERM_END = datetime(2029, 5, 31, 21, 0, tzinfo=UTC)
REASON = Sentences(fi="Toimikausi päättyy.", sv="Mandatperioden slutar.", en="The term of office ends.")
RETURN = Sentences(
    fi="Palauta kone\nkirjaamoon.", sv="Lämna datorn till registraturen.", en="Return it to the registry."
)


def new_key() -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def name_of(key: PrivateKey) -> str:
    return thumbprint(key.public_key())


@dataclass(slots=True, kw_only=True)
class Municipality:
    """Its private keys, and the keys documents it has published, oldest first."""

    id: str = "kuntala"
    profile: Profile = Profile.PRODUCTION
    root: PrivateKey = field(default_factory=new_key)
    directive: PrivateKey = field(default_factory=new_key)
    approvers: tuple[PrivateKey, ...] = field(default_factory=lambda: (new_key(), new_key(), new_key()))
    release: PrivateKey = field(default_factory=new_key)
    threshold: int = 2
    documents: list[SignedDocument] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.documents:
            self.publish()

    @property
    def root_thumbprint(self) -> str:
        return name_of(self.root)

    @property
    def keys(self) -> TrustedKeys:
        return TrustedKeys(read_unverified(self.documents[-1], KeysDocument))

    def keys_payload(self, **changes: object) -> KeysDocument:
        """Write the next keys document, unsigned."""
        by_role = {
            Role.ROOT: (self.root,),
            Role.DIRECTIVE: (self.directive,),
            Role.APPROVE: self.approvers,
            Role.RELEASE: (self.release,),
        }
        fields: dict[str, object] = {
            "municipality": self.id,
            "number": len(self.documents) + 1,
            "profile": self.profile,
            "keys": {name_of(key): public_pem(key.public_key()) for keys in by_role.values() for key in keys},
            "roles": {
                role: RoleKeys(
                    keyids=tuple(name_of(key) for key in keys),
                    threshold=self.threshold if role is Role.APPROVE else 1,
                )
                for role, keys in by_role.items()
            },
            "issued": BEGAN,
        }
        return KeysDocument(**{**fields, **changes})  # type: ignore[arg-type]

    def publish(self, *also_by: PrivateKey) -> SignedDocument:
        """Sign and remember the next keys document; `also_by` are the roots of the version before."""
        signers = {name_of(key): signer_for(key) for key in (self.root, *also_by)}
        self.documents.append(seal(self.keys_payload(), PayloadType.KEYS, *signers.values()))
        return self.documents[-1]

    def order(self, laptop: Identity, **changes: object) -> Directive:
        """Write a directive for a laptop: active until the term's end, unless told otherwise."""
        fields: dict[str, object] = {
            "municipality": self.id,
            "device": laptop.device,
            "device_key": laptop.device_key,
            "epoch": laptop.epoch,
            "seq": 1,
            "lock_id": "lock-1",
            "state": DirectiveState.ACTIVE,
            "lock_at": TERM_END,
            "case": "case-1",
            "not_before": BEGAN,
            "expires": BEGAN + timedelta(days=3650),
            "issued": BEGAN,
            "reason": REASON,
            "instructions": RETURN,
            "plan_digest": "0" * 64,
        }
        fields |= changes
        fields["state"] = DirectiveState(str(fields["state"]))
        return Directive(**fields)  # type: ignore[arg-type]

    def sign(self, directive: Directive) -> SignedDocument:
        return seal(directive, PayloadType.DIRECTIVE, signer_for(self.directive))

    def say_time(self, laptop: Identity, nonce: str, now: datetime, **changes: object) -> SignedDocument:
        fields: dict[str, object] = {
            "municipality": self.id,
            "device": laptop.device,
            "nonce": nonce,
            "now": now,
        }
        statement = TimeStatement(**{**fields, **changes})  # type: ignore[arg-type]
        return seal(statement, PayloadType.TIME, signer_for(self.directive))

    def entry(self, laptop: Identity, **changes: object) -> ManifestEntry:
        fields: dict[str, object] = {
            "serial": laptop.serial,
            "device": laptop.device,
            "device_key": laptop.device_key,
            "epoch": laptop.epoch,
            "lock_id": "lock-1",
            "case": "case-1",
            "not_before": BEGAN,
            "reason": "The term ended.",
        }
        return ManifestEntry(**{**fields, **changes})  # type: ignore[arg-type]

    def manifest(self, *entries: ManifestEntry, **changes: object) -> Manifest:
        fields: dict[str, object] = {
            "municipality": self.id,
            "id": "manifest-1",
            "campaign": True,
            "rate_per_hour": 20,
            "entries": entries,
            "prepared_by": "",
            "issued": BEGAN,
            "expires": BEGAN + timedelta(days=3650),
        }
        return Manifest(**{**fields, **changes})  # type: ignore[arg-type]

    def approve(self, manifest: Manifest, *by: PrivateKey) -> SignedDocument:
        """Sign a manifest, by two approvers unless others are named."""
        return seal(manifest, PayloadType.MANIFEST, *(signer_for(key) for key in by or self.approvers[:2]))

    def release_of(self, manifest: SignedDocument, laptop: Identity, **changes: object) -> Release:
        fields: dict[str, object] = {
            "municipality": self.id,
            "id": "release-1",
            "manifest": digest(manifest),
            "serial": laptop.serial,
            "device": laptop.device,
            "device_key": laptop.device_key,
            "epoch": laptop.epoch,
            "lock_id": "lock-1",
            "case": "case-1",
            "not_before": BEGAN,
            "issued": BEGAN,
            "expires": BEGAN + timedelta(days=3650),
        }
        return Release(**{**fields, **changes})  # type: ignore[arg-type]

    def let_go(self, release: Release) -> SignedDocument:
        """Sign a release as the signer does."""
        return seal(release, PayloadType.RELEASE, signer_for(self.release))

    def rotated(self, **changes: PrivateKey) -> "Municipality":
        """Return the municipality after a rotation that replaced these keys, its new document published."""
        new = replace(self, documents=list(self.documents), **changes)  # type: ignore[arg-type]
        new.publish(self.root)
        return new
