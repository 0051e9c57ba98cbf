"""The keys of an invented municipality: root, directive, approvers, release, and documents made with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import (
    PayloadType,
    SignedDocument,
    add_signature,
    public_pem,
    read_unverified,
    seal,
    signer_for,
    thumbprint,
)
from tenure_policies.payloads import (
    Directive,
    KeysDocument,
    Manifest,
    Profile,
    Receipt,
    Release,
    Resume,
    Role,
)
from tenure_policies.trusted_keys import TrustedKeys
from tenure_server.domain.ceremony import NewRole, first_document, next_keys

MUNICIPALITY = "kuntala"
ISSUED = datetime(2029, 1, 1, tzinfo=UTC)

PrivateKey = ec.EllipticCurvePrivateKey


def new_key() -> PrivateKey:
    """Make a P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_id(key: PrivateKey) -> str:
    """Return the thumbprint of a private key's public half."""
    return thumbprint(key.public_key())


def key_pem(key: PrivateKey) -> str:
    """Return a private key's public half as PEM."""
    return public_pem(key.public_key())


@dataclass(slots=True, kw_only=True)
class City:
    """A municipality's private keys and its keys documents, oldest first."""

    municipality: str = MUNICIPALITY
    profile: Profile = Profile.PRODUCTION
    root: PrivateKey = field(default_factory=new_key)
    directive: PrivateKey = field(default_factory=new_key)
    release: PrivateKey = field(default_factory=new_key)
    approvers: Sequence[PrivateKey] = field(default_factory=lambda: (new_key(), new_key(), new_key()))
    documents: list[SignedDocument] = field(default_factory=list)

    @property
    def keys(self) -> KeysDocument:
        """Return the newest keys document's payload."""
        return read_unverified(self.documents[-1], KeysDocument)

    @property
    def trusted(self) -> TrustedKeys:
        """Return the newest keys document's keys by role."""
        return TrustedKeys(self.keys)

    @property
    def root_ids(self) -> frozenset[str]:
        """Return what a laptop or signer pins at first."""
        return frozenset({key_id(self.root)})

    def publish(self, changes: dict[Role, NewRole], *, now: datetime = ISSUED) -> SignedDocument:
        """Make and remember the next keys document, signed by root."""
        self.documents.append(next_keys(self.keys, [self.root], changes, now=now))
        return self.documents[-1]

    def sign_directive(self, directive: Directive) -> SignedDocument:
        """Sign a directive as the web server does."""
        return seal(directive, PayloadType.DIRECTIVE, signer_for(self.directive))

    def sign_manifest(self, manifest: Manifest, *approvers: PrivateKey) -> SignedDocument:
        """Sign a manifest, by the first two approvers unless others are named."""
        return seal(
            manifest, PayloadType.MANIFEST, *(signer_for(key) for key in (approvers or self.approvers[:2]))
        )

    def sign_release(self, release: Release) -> SignedDocument:
        """Sign a release as the signer does."""
        return seal(release, PayloadType.RELEASE, signer_for(self.release))

    def sign_resume(self, resume: Resume, approver: PrivateKey) -> SignedDocument:
        """Sign a resume by one approver."""
        return seal(resume, PayloadType.RESUME, signer_for(approver))


def city_without_signer(*, profile: Profile = Profile.PRODUCTION, municipality: str = MUNICIPALITY) -> City:
    """Make a municipality as it is after its first start: root and directive only."""
    city = City(profile=profile, municipality=municipality)
    payload = first_document(
        municipality=city.municipality,
        profile=profile,
        root=city.root.public_key(),
        directive=city.directive.public_key(),
        now=ISSUED,
    )
    city.documents.append(seal(payload, PayloadType.KEYS, signer_for(city.root)))
    return city


def city_with_signer(*, profile: Profile = Profile.PRODUCTION, municipality: str = MUNICIPALITY) -> City:
    """Make a municipality whose key ceremony is over: approvers and a release key are in document 2."""
    city = city_without_signer(profile=profile, municipality=municipality)
    city.publish(
        {
            Role.APPROVE: NewRole(keys=tuple(key.public_key() for key in city.approvers), threshold=2),
            Role.RELEASE: NewRole(keys=(city.release.public_key(),)),
        }
    )
    return city


def sign_receipt(receipt: Receipt, device: PrivateKey) -> SignedDocument:
    """Sign a receipt as a laptop does."""
    return seal(receipt, PayloadType.RECEIPT, signer_for(device))


def also_signed(document: SignedDocument, *keys: PrivateKey) -> SignedDocument:
    """Return the document with more signatures."""
    for key in keys:
        document = add_signature(document, signer_for(key))
    return document
