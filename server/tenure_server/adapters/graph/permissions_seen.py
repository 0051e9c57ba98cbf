"""What the tenant lets us do: by our own token, and by reading a little; see `usecases.ports.tenant_view`.

The token is read without verifying its signature: sign-in gave it to us over TLS, and nothing is allowed
or refused by what stands in it: it is only shown to an administrator. Whether it is good, Graph says. Of the
accounts a page of ids and addresses is read, of a mailbox the id of one rule; nothing of it is kept or shown.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from tenure_server.adapters.graph import graph_client
from tenure_server.adapters.graph.client import GraphClient, Limits
from tenure_server.adapters.graph.clouds import cloud
from tenure_server.adapters.graph.credentials import Certificate, read_credential
from tenure_server.adapters.graph.laptop_client_seen import laptop_client
from tenure_server.adapters.graph.mailboxes import rules_path
from tenure_server.adapters.graph.retrying import Patience, Reply
from tenure_server.domain.errors import InputError, RefusedError, TenureError, UnavailableError
from tenure_server.domain.graph_connection import Connection, WayIn
from tenure_server.domain.graph_examination import Reach, Seen
from tenure_server.domain.graph_permissions import Feature
from tenure_server.domain.message import Message
from tenure_server.settings import Settings
from tenure_server.usecases.ports import Clock
from tenure_server.usecases.ports.tenant_view import Question, View

_IMPATIENT = Limits(patience=Patience(attempts=2, told_attempts=2, total_seconds=20))
_MOST_TRIED = 5
_NO_ANSWER = frozenset({400, 403, 404})
_FORBIDDEN = 403
_OPENS = frozenset({Reach.READABLE})
_ONE = {"$top": "1", "$select": "id"}
_PAGE = {"$top": "50", "$select": "id,userPrincipalName,mail,userType"}
_LISTS = {
    "Domain.Read.All": ("/domains", {"$select": "id"}),
    "User.Read.All": ("/users", _PAGE),
    "GroupMember.Read.All": ("/groups", _ONE),
    "OrgContact.Read.All": ("/contacts", _ONE),
}


def claims_of(token: str) -> dict[str, Any]:
    """Return what stands in a token, unverified; empty if it cannot be read."""
    parts = token.split(".")
    try:
        raw = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = json.loads(raw)
    except (IndexError, binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


@dataclass(slots=True)
class _Notes:
    """What was seen so far."""

    lists: dict[str, Reply] = field(default_factory=dict)
    trustee: Reach = Reach.NOT_TRIED
    other: Reach = Reach.NOT_TRIED
    skew: timedelta | None = None


class GraphView:
    """The port `TenantView` on Graph."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Remember whom to ask; `clock` is this machine's, which the tenant's is compared with."""
        self._settings = settings
        self._clock = clock

    async def look(self, question: Question) -> View:
        """Return what the tenant shows; see `TenantView.look`."""
        connection = self._credential()
        view = View(connection=connection, seen=Seen(roles=None))
        if connection.way_in_fault is None:
            try:
                client = graph_client(self._settings, self._clock)
            except InputError as error:
                return replace(view, connection=replace(connection, way_in_fault=error.message))
            client.limits = _IMPATIENT
            try:
                view = await self._signed_in(client, question, connection)
            finally:
                await client.close()
        if Feature.LAPTOPS in question.wanted and self._settings.graph_laptop_client_id:
            laptop = await laptop_client(self._settings)
            view = replace(view, connection=replace(view.connection, laptop=laptop))
        return view

    def _credential(self) -> Connection:
        settings = self._settings
        facts = Connection(
            tenant=settings.graph_tenant,
            client_id=settings.graph_client_id,
            way_in=_way_in(settings),
            resource=cloud(settings).resource,
            laptop_client_id=settings.graph_laptop_client_id,
        )
        try:
            credential = read_credential(settings)
        except InputError as error:
            return replace(facts, way_in_fault=error.message)
        return replace(
            facts, certificate_ends=credential.ends if isinstance(credential, Certificate) else None
        )

    async def _signed_in(self, client: GraphClient, question: Question, facts: Connection) -> View:
        try:
            claims = claims_of(await client.token())
        except (RefusedError, UnavailableError) as error:
            return View(connection=replace(facts, sign_in_fault=error.message), seen=Seen(roles=None))
        notes, fault = _Notes(), None
        try:
            await self._read(client, question, notes)
        except TenureError as error:
            fault = error.message
        return View(
            connection=_connection(facts, claims, notes, fault),
            seen=Seen(
                roles=frozenset(_texts(claims.get("roles", []))) if claims else None,
                probes={permission: _reach(reply) for permission, reply in notes.lists.items()},
                trustee=notes.trustee,
                other=notes.other,
            ),
        )

    async def _read(self, client: GraphClient, question: Question, notes: _Notes) -> None:
        for permission, (path, params) in _LISTS.items():
            reply = await client.call("GET", path, params=params, ok=_NO_ANSWER)
            notes.lists[permission] = reply
            if notes.skew is None:
                notes.skew = _skew(reply, self._clock.now())
        if not question.wanted & {Feature.LOOK, Feature.FIX, Feature.NOTICES}:
            return
        notes.trustee = await _rules_of(client, question.trustees, _OPENS)
        others = _others(question, notes.lists["User.Read.All"])
        notes.other = await _rules_of(client, others, _OPENS | {Reach.REFUSED})


def _way_in(settings: Settings) -> WayIn:
    if settings.graph_managed_identity:
        return WayIn.MANAGED_IDENTITY
    if settings.graph_certificate is not None:
        return WayIn.CERTIFICATE
    return WayIn.SECRET if settings.graph_secret_file is not None else WayIn.UNREADABLE


async def _rules_of(client: GraphClient, addresses: Iterable[str], enough: frozenset[Reach]) -> Reach:
    """Try the rules of a few mailboxes until one shows enough; return the most telling answer."""
    seen = {Reach.NOT_TRIED}
    for address in list(addresses)[:_MOST_TRIED]:
        reply = await client.call("GET", rules_path(address), params=_ONE, ok=_NO_ANSWER)
        seen.add(_reach(reply))
        if seen & enough:
            break
    return next(reach for reach in Reach if reach in seen)


def _reach(reply: Reply) -> Reach:
    if reply.is_ok:
        return Reach.READABLE
    return Reach.REFUSED if reply.status == _FORBIDDEN else Reach.FAILED


def _others(question: Question, users: Reply) -> Iterable[str]:
    yield from question.others
    if not question.pick_others:
        return
    for user in _objects(users):
        names = {str(user.get(name) or "").lower() for name in ("mail", "userPrincipalName")}
        is_member = user.get("userType") == "Member" and bool(user.get("mail"))
        if is_member and isinstance(user.get("id"), str) and not names & question.never_others:
            yield user["id"]


def _connection(
    facts: Connection, claims: dict[str, Any], notes: _Notes, fault: Message | None
) -> Connection:
    domains = notes.lists.get("Domain.Read.All")
    return replace(
        facts,
        signed_in=True,
        token_tenant=_text(claims, "tid"),
        token_client=_text(claims, "appid") or _text(claims, "azp"),
        token_object=_text(claims, "oid"),
        token_audience=_text(claims, "aud"),
        domains=(
            frozenset(str(one.get("id", "")).lower() for one in _objects(domains))
            if domains is not None and domains.is_ok
            else None
        ),
        graph_fault=fault,
        skew=notes.skew,
    )


def _objects(reply: Reply) -> list[dict[str, Any]]:
    values = reply.body.get("value")
    return [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []


def _texts(values: Any) -> Iterable[str]:
    return (one for one in values if isinstance(one, str)) if isinstance(values, list) else ()


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) and value.isprintable() else ""


def _skew(reply: Reply, now: datetime) -> timedelta | None:
    try:
        theirs = parsedate_to_datetime(reply.headers["date"])
    except (KeyError, TypeError, ValueError):
        return None
    return None if theirs.tzinfo is None else now - theirs
