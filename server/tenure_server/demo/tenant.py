"""The invented city's tenant: an account for every trustee, and the forwards that somebody set up long ago.

Nothing of it leaves this machine: it is a server on the loopback with a certificate authority of its own. Its
rules are what a check must tell apart: one to a private address, one to the colleague who has that one, one
that Graph cannot show, one to a partner of the city, and one that is switched off.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tenure_server.adapters.clock import SystemClock
from tenure_server.demo import city
from tenure_server.demo.graph_simulator.objects import SentMail, SimulatedUser
from tenure_server.demo.graph_simulator.running import RunningSimulator
from tenure_server.demo.graph_simulator.state import SimulatedTenant
from tenure_server.domain.graph_permissions import Feature, needed

CLIENT = "5f0c7a44-1b2d-4e6a-9c3f-7d8e9a0b1c2d"
"""The server's registration in the tenant."""
SENDER = f"luottamushenkilot@{city.MAIL_DOMAIN}"
"""The mailbox that notices are sent from."""
HOME, PARTNER = "koti.example", "seutukunta.example"
FORWARDS_HOME, FORWARDS_TO_COLLEAGUE, HIDES_A_RULE, FORWARDS_TO_PARTNER, SWITCHED_OFF = 2, 3, 10, 12, 14
"""Five members of the council."""
FEATURES = frozenset(
    {Feature.LOOK, Feature.FIX, Feature.BLOCK, Feature.REVOKE, Feature.LICENCES, Feature.NOTICES}
)
_LANGUAGES = {"fi": "fi-FI", "sv": "sv-FI"}
_VALID = timedelta(days=30)
_KEY_BITS = 2048


def invented_tenant() -> SimulatedTenant:
    """Return the city's tenant as it is before anybody looks."""
    tenant = SimulatedTenant(name=city.CITY_FI)
    tenant.domains.clear()
    tenant.add_domain(city.MAIL_DOMAIN, default=True)
    tenant.add_user(SENDER, display_name=city.CITY_FI)
    for citizen in city.EVERYBODY:
        _add_account(tenant, citizen)
    private = _account(tenant, FORWARDS_HOME)
    tenant.add_forward(private, f"perhe@{HOME}", displayName="Kotiin")
    tenant.add_forward(_account(tenant, FORWARDS_TO_COLLEAGUE), city.address(FORWARDS_HOME))
    tenant.add_forward(_account(tenant, HIDES_A_RULE), f"jotain@{HOME}", isReadOnly=True)
    tenant.add_forward(_account(tenant, FORWARDS_TO_PARTNER), f"kirjaamo@{PARTNER}")
    tenant.add_forward(_account(tenant, SWITCHED_OFF), f"perhe@{HOME}", isEnabled=False)
    return tenant


def _add_account(tenant: SimulatedTenant, citizen: int) -> None:
    name = city.person(citizen)
    tenant.add_user(
        city.address(citizen),
        display_name=f"{name.given} {name.family}",
        given_name=name.given,
        surname=name.family,
        language=_LANGUAGES[name.language],
    )


def _account(tenant: SimulatedTenant, citizen: int) -> SimulatedUser:
    return tenant.user(city.address(citizen))


@dataclass(frozen=True, slots=True, kw_only=True)
class CityTenant:
    """The tenant as it runs, and what can be seen of it from outside."""

    running: RunningSimulator

    def register(self, file: Path) -> None:
        """Register the server with the least permissions that do, and write its key and certificate."""
        key, certificate = _key_and_certificate()
        roles = {one.name for one in needed(FEATURES)}
        self.running.tenant.register_app(CLIENT, certificate=certificate, roles=roles)
        file.touch(mode=0o600)
        file.write_bytes(key + certificate)

    def forwards(self, citizen: int) -> bool:
        """Tell whether a rule of a citizen's mailbox is switched on, in the tenant itself."""
        return any(rule["isEnabled"] for rule in _account(self.running.tenant, citizen).rules.values())

    def rules(self, citizen: int) -> int:
        """Count the rules of a citizen's mailbox."""
        return len(_account(self.running.tenant, citizen).rules)

    def may_sign_in(self, citizen: int) -> bool:
        """Tell whether a citizen's account lets its owner in."""
        return _account(self.running.tenant, citizen).account_enabled

    def mail_to(self, citizen: int) -> tuple[SentMail, ...]:
        """Return the mail that was sent to a citizen."""
        wanted = city.address(citizen)
        return tuple(sent for sent in self.running.tenant.sent if wanted in _recipients(sent))


def subject_of(sent: SentMail) -> str:
    """Return what a mail is about."""
    return str(sent.message.get("subject", ""))


def text_of(sent: SentMail) -> str:
    """Return what a mail says."""
    return str(sent.message.get("body", {}).get("content", ""))


def _recipients(sent: SentMail) -> tuple[str, ...]:
    listed = sent.message.get("toRecipients", ())
    return tuple(str(one["emailAddress"]["address"]) for one in listed)


def _key_and_certificate() -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    now = SystemClock().now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenure demo")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _VALID)
        .not_valid_after(now + _VALID)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, certificate.public_bytes(Encoding.PEM)
