"""The online `directive` key at work: directives, time statements, checkpoints. It can sign no wipe."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import PayloadType, SignedDocument, seal, signer_for
from tenure_policies.forwarding.mail_order import MailOrder
from tenure_policies.payloads import Directive, TimeStatement
from tenure_server.domain.ids import DeviceId, MunicipalityId
from tenure_server.usecases.restore import Checkpoint


class DirectiveKeySigning:
    """Sign with a P-256 key held in memory."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._signer = signer_for(private_key)

    def sign_directive(self, directive: Directive) -> SignedDocument:
        """Sign a directive."""
        return seal(directive, PayloadType.DIRECTIVE, self._signer)

    def sign_time(
        self, municipality: MunicipalityId, device: DeviceId, nonce: str, now: datetime
    ) -> SignedDocument:
        """Sign the time as the answer to one nonce."""
        statement = TimeStatement(municipality=municipality, device=device, nonce=nonce, now=now)
        return seal(statement, PayloadType.TIME, self._signer)

    def sign_mail_order(self, order: MailOrder) -> SignedDocument:
        """Sign what a laptop is asked to look at."""
        return seal(order, PayloadType.MAIL_ORDER, self._signer)

    def sign_checkpoint(self, origin: str, size: int, root: bytes, now: datetime) -> SignedDocument:
        """Sign the audit log's state."""
        checkpoint = Checkpoint(origin=origin, size=size, root=root.hex(), issued=now)
        return seal(checkpoint, PayloadType.CHECKPOINT, self._signer)
