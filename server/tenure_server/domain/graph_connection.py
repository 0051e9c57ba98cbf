"""Whether the way into the tenant is as it should be: key, clock, cloud, laptops. Pure: no I/O, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tenure_server.domain.graph_examination import Row, State
from tenure_server.domain.graph_permissions import GRAPH_APP_ID, SCOPES, Feature
from tenure_server.domain.message import N_, Message, say

CERTIFICATE_WARNING = timedelta(days=30)
LARGEST_SKEW = timedelta(minutes=2)
"""Entra refuses signatures that are off by five; by then it is too late to say so."""


class WayIn(StrEnum):
    """What proves to the tenant who we are."""

    CERTIFICATE = "certificate"
    SECRET = "secret"  # noqa: S105 - the kind of credential, not one
    MANAGED_IDENTITY = "managed_identity"
    UNREADABLE = "unreadable"


class LaptopClient(StrEnum):
    """What the tenant says of the public registration for laptops."""

    READY = "ready"
    """It gives device codes."""
    UNKNOWN = "unknown"
    """There is no such registration in the tenant."""
    CONFIDENTIAL = "confidential"
    """Public client flows are switched off."""
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What was seen of the way in; empty where it was not seen."""

    tenant: str
    """As the settings name it: an id or a domain."""
    client_id: str = ""
    way_in: WayIn
    way_in_fault: Message | None = None
    """Why the credential cannot be read."""
    certificate_ends: datetime | None = None
    signed_in: bool = False
    sign_in_fault: Message | None = None
    token_tenant: str = ""
    token_client: str = ""
    token_object: str = ""
    """Id of the service principal: Exchange asks for it."""
    token_audience: str = ""
    resource: str = ""
    """What a token was asked for."""
    own_address: bool = False
    """Graph is reached through an address of the city's own."""
    domains: frozenset[str] | None = None
    """The tenant's, if they could be read."""
    graph_fault: Message | None = None
    """Why Graph does not answer although sign-in did."""
    skew: timedelta | None = None
    """How far this machine's clock is ahead of Graph's."""
    laptop_client_id: str = ""
    laptop: LaptopClient = LaptopClient.UNSEEN


def examine_connection(facts: Connection, wanted: frozenset[Feature], now: datetime) -> tuple[Row, ...]:
    """Return a row for each thing that is seen of the way in."""
    rows: list[Row | None] = [_credential(facts, now), _signing_in(facts)]
    if facts.signed_in:
        rows += [_tenant(facts), _cloud(facts), _client(facts)]
    if facts.graph_fault is not None:
        rows.append(Row(check="graph", state=State.WRONG, why=facts.graph_fault))
    if facts.skew is not None:
        rows.append(_clock(facts.skew))
    if Feature.LAPTOPS in wanted:
        rows.append(_laptops(facts))
    return tuple(row for row in rows if row is not None)


def _credential(facts: Connection, now: datetime) -> Row:
    if facts.way_in_fault is not None:
        return Row(check="credential", state=State.WRONG, why=facts.way_in_fault)
    if facts.way_in is WayIn.SECRET:
        return Row(
            check="credential",
            state=State.NOTE,
            why=say(
                N_("A client secret is for trying out only: whoever reads it once is let in from anywhere.")
            ),
            to_do=say(
                N_("Make a certificate, upload it to the registration, and name it in graph_certificate.")
            ),
        )
    if facts.way_in is WayIn.MANAGED_IDENTITY:
        return Row(
            check="credential", state=State.OK, why=say(N_("A managed identity: there is no key to keep."))
        )
    return _certificate(facts.certificate_ends, now)


def _certificate(ends: datetime | None, now: datetime) -> Row:
    if ends is None:
        return Row(check="credential", state=State.CANNOT_TELL, why=say(N_("The certificate was not read.")))
    day = ends.date().isoformat()
    if ends <= now:
        why, state = say(N_("The certificate ended on {day}."), day=day), State.WRONG
    elif ends - now <= CERTIFICATE_WARNING:
        why, state = say(N_("The certificate ends on {day}."), day=day), State.NOTE
    else:
        return Row(
            check="credential", state=State.OK, why=say(N_("The certificate is good until {day}."), day=day)
        )
    to_do = say(
        N_("Make a new certificate, upload it beside the old one, then put it into graph_certificate.")
    )
    return Row(check="credential", state=state, why=why, to_do=to_do)


def _signing_in(facts: Connection) -> Row:
    if facts.sign_in_fault is not None:
        return Row(check="sign_in", state=State.WRONG, why=facts.sign_in_fault)
    if not facts.signed_in:
        return Row(check="sign_in", state=State.CANNOT_TELL, why=say(N_("Signing in was not tried.")))
    return Row(check="sign_in", state=State.OK, why=say(N_("The tenant lets the server in.")))


def _tenant(facts: Connection) -> Row | None:
    named, true = facts.tenant.lower(), facts.token_tenant.lower()
    is_id = "." not in named
    if is_id and true and named != true:
        why = say(N_("The token is tenant {true}'s, and graph_tenant names {named}."), true=true, named=named)
        return Row(check="tenant", state=State.WRONG, why=why, to_do=say(N_("Correct graph_tenant.")))
    if not is_id and facts.domains is not None and named not in facts.domains:
        why = say(N_("The tenant that answered has no domain {named}."), named=named)
        return Row(check="tenant", state=State.WRONG, why=why, to_do=say(N_("Correct graph_tenant.")))
    if not true or (not is_id and facts.domains is None):
        why = say(N_("Whether it is the right tenant shows once its domains can be read."))
        return Row(check="tenant", state=State.CANNOT_TELL, why=why)
    return Row(check="tenant", state=State.OK, why=say(N_("It is tenant {id}."), id=true))


def _cloud(facts: Connection) -> Row | None:
    audience = facts.token_audience.rstrip("/")
    if not audience or audience in {facts.resource.rstrip("/"), GRAPH_APP_ID}:
        return None
    why = say(
        N_("The token is for {audience}, and graph_cloud asks {asked}."),
        audience=audience,
        asked=facts.resource,
    )
    return Row(check="cloud", state=State.WRONG, why=why, to_do=say(N_("Correct graph_cloud.")))


def _client(facts: Connection) -> Row | None:
    if not facts.client_id or not facts.token_client or facts.client_id.lower() == facts.token_client.lower():
        return None
    why = say(
        N_("The token is the registration {true}'s, and graph_client_id names another."),
        true=facts.token_client,
    )
    return Row(check="client", state=State.WRONG, why=why, to_do=say(N_("Correct graph_client_id.")))


def _clock(skew: timedelta) -> Row:
    seconds = round(skew.total_seconds())
    if abs(skew) <= LARGEST_SKEW:
        return Row(
            check="clock", state=State.OK, why=say(N_("This machine's clock agrees with the tenant's."))
        )
    sentence = (
        N_("This machine's clock is {seconds} seconds ahead of the tenant's.")
        if seconds > 0
        else N_("This machine's clock is {seconds} seconds behind the tenant's.")
    )
    to_do = say(N_("Set it by an authenticated time source; five minutes off, signing in fails."))
    return Row(check="clock", state=State.WRONG, why=say(sentence, seconds=abs(seconds)), to_do=to_do)


def _laptops(facts: Connection) -> Row:
    scopes = " ".join(scope.name for scope in SCOPES)
    only = (Feature.LAPTOPS,)
    if not facts.laptop_client_id:
        return Row(
            check="laptops",
            state=State.MISSING,
            why=say(
                N_("graph_laptop_client_id names no public registration, so laptops look at no mailbox.")
            ),
            to_do=say(
                N_("Register one as docs/graph/set-up.md tells, with the delegated permissions {scopes}."),
                scopes=scopes,
            ),
            features=only,
        )
    match facts.laptop:
        case LaptopClient.UNKNOWN:
            why = say(N_("The tenant has no registration with the id in graph_laptop_client_id."))
            to_do = say(N_("Correct graph_laptop_client_id."))
            return Row(check="laptops", state=State.WRONG, why=why, to_do=to_do, features=only)
        case LaptopClient.CONFIDENTIAL:
            why = say(
                N_("The registration for laptops allows no public client flows, so no device code works.")
            )
            to_do = say(N_("In the registration, under Authentication, allow public client flows."))
            return Row(check="laptops", state=State.WRONG, why=why, to_do=to_do, features=only)
        case LaptopClient.READY:
            why = say(
                N_(
                    "Device codes are given. Whether {scopes} are consented to, and Conditional Access "
                    "lets people through, shows when somebody signs in."
                ),
                scopes=scopes,
            )
        case _:
            why = say(N_("Whether the registration for laptops gives device codes was not seen."))
    to_do = say(N_("Sign in once on a laptop, with an account made for trying."))
    return Row(check="laptops", state=State.CANNOT_TELL, why=why, to_do=to_do, features=only)


BLIND_SPOTS: tuple[Message, ...] = (
    say(N_("Who else holds keys or secrets of the registration, and who owns it: look in Entra.")),
    say(
        N_(
            "Permissions of other interfaces, such as full_access_as_app of Exchange: they stand in tokens "
            "of their own."
        )
    ),
    say(
        N_("Whether Conditional Access lets trustees use a device code: it shows when one of them signs in.")
    ),
    say(N_("Mailboxes beyond the two that were tried: the scope in Exchange says which it covers.")),
)
"""What this examination does not see, and where it stands."""
