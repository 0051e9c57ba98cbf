"""The signed-in account's own mailbox through Graph (`/me`): three questions and one order.

Rules: a PATCH carries `isEnabled` alone, since Graph replaces whole actions; a 401 with a claims
challenge is answered once with a token of those claims; throttling is waited for as long as the job may; the
next page is asked for only where the first came from; an error is known by its code, never by its text.
"""

import base64
import binascii
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from tenure_agent.adapters.microsoft_http import GRAPH_HOSTS, MicrosoftHttp, Reply
from tenure_agent.errors import MailUnavailableError, SignInNeededError
from tenure_agent.language import N_
from tenure_agent.mail_ports import Account
from tenure_policies.forwarding.tenant import Domain, User

MOST_PAGES: Final = 50
ATTEMPTS: Final = 5
FIRST_WAIT_SECONDS: Final = 1.0

_OK, _NO_CONTENT, _UNAUTHORISED, _NOT_FOUND = 200, 204, 401, 404
_LATER = frozenset({429, 500, 502, 503, 504})
_CODE = re.compile(r"[A-Za-z0-9_.]{1,80}")
_CLAIMS = re.compile(r'claims="([A-Za-z0-9+/_=-]{1,8000})"')


class GraphMailbox:
    """The mailbox of whoever is signed in."""

    def __init__(
        self, base: str, account: Account, way: MicrosoftHttp, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._base = base.rstrip("/")
        self._account = account
        self._way = way
        self._sleep = sleep

    def me(self) -> User:
        """Return whose mailbox it is."""
        path = "/me?$select=id,userPrincipalName,mail,proxyAddresses"
        found = self._get(self._base + path)
        proxies = found.get("proxyAddresses")
        return User(
            id=_text(found, "id"),
            user_principal_name=_text(found, "userPrincipalName"),
            mail=_text(found, "mail"),
            proxy_addresses=tuple(one for one in proxies if isinstance(one, str))
            if isinstance(proxies, list)
            else (),
        )

    def domains(self) -> tuple[Domain, ...]:
        """Return the tenant's verified domains."""
        found = self._pages("/organization?$select=id,verifiedDomains")
        listed = [domain for one in found for domain in _objects(one.get("verifiedDomains"))]
        return tuple(
            Domain(
                name=_text(domain, "name"),
                verified=True,
                email="email" in _text(domain, "capabilities").lower(),
            )
            for domain in listed
        )

    def rules(self) -> tuple[Mapping[str, Any], ...]:
        """Return all inbox rules."""
        return self._pages("/me/mailFolders/inbox/messageRules")

    def switch_off(self, rule: str) -> None:
        """Switch one rule off."""
        url = f"{self._base}/me/mailFolders/inbox/messageRules/{quote(rule, safe='')}"
        reply = self._send("PATCH", url, b'{"isEnabled": false}')
        if reply.status not in (_OK, _NO_CONTENT, _NOT_FOUND):
            raise _failed(reply)

    def _pages(self, path: str) -> tuple[dict[str, Any], ...]:
        found: list[dict[str, Any]] = []
        url: str | None = self._base + path
        for _ in range(MOST_PAGES):
            if url is None:
                return tuple(found)
            answer = self._get(url)
            listed = _objects(answer.get("value"))
            if not isinstance(answer.get("value"), list) or len(listed) != len(answer["value"]):
                raise MailUnavailableError(N_("Graph's answer cannot be used."), code="unreadable")
            found.extend(listed)
            link = answer.get("@odata.nextLink")
            url = self._next(link) if link is not None else None
        raise MailUnavailableError(N_("Graph's answer has no end."), code="too_many_pages")

    def _next(self, link: object) -> str:
        if not isinstance(link, str) or _origin(link) != _origin(self._base):
            raise MailUnavailableError(N_("Graph's next page is at another host."), code="strange_page")
        return link

    def _get(self, url: str) -> dict[str, Any]:
        reply = self._send("GET", url, None)
        answer = reply.json() if reply.status == _OK else {}
        if not answer:
            raise _failed(reply)
        return answer

    def _send(self, method: str, url: str, body: bytes | None) -> Reply:
        self._way.check(url, GRAPH_HOSTS)
        claims: str | None = None
        for attempt in range(ATTEMPTS):
            reply = self._call(method, url, body, claims)
            if reply.status == _UNAUTHORISED:
                if claims is not None:
                    break
                claims = _claims_of(reply)
                if claims is None:
                    break
            elif reply.status in _LATER and self._wait(reply, attempt):
                continue
            else:
                return reply
        else:
            return reply
        raise SignInNeededError(N_("Graph does not take the sign-in any more: sign in again."))

    def _call(self, method: str, url: str, body: bytes | None, claims: str | None) -> Reply:
        headers = {"Authorization": f"Bearer {self._account.token(claims)}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self._way.call(method, url, headers, body)

    def _wait(self, reply: Reply, attempt: int) -> bool:
        """Wait as the answer asks; False if that is longer than the job may take."""
        seconds = _retry_after(reply)
        if seconds is None:
            seconds = FIRST_WAIT_SECONDS * 2.0**attempt
        if attempt == ATTEMPTS - 1 or seconds >= self._way.seconds_left():
            return False
        self._sleep(seconds)
        return True


def _origin(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.scheme, parts.netloc


def _retry_after(reply: Reply) -> float | None:
    """Return the seconds that the answer asks for; they may be fractional."""
    try:
        seconds = float(reply.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if seconds >= 0 else None  # not-a-number compares as no


def _claims_of(reply: Reply) -> str | None:
    found = _CLAIMS.search(reply.headers.get("www-authenticate", ""))
    if found is None:
        return None
    try:
        encoded = found[1].replace("-", "+").replace("_", "/")
        claims = base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        return claims if isinstance(json.loads(claims), dict) else None
    except (binascii.Error, ValueError):
        return None


def _failed(reply: Reply) -> MailUnavailableError:
    error = reply.json().get("error")
    said = error.get("code") if isinstance(error, dict) else None
    code = said if isinstance(said, str) and _CODE.fullmatch(said) else f"http_{reply.status}"
    return MailUnavailableError(N_("Graph answers {code} (HTTP {status})."), code=code, status=reply.status)


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
