"""HTTPS to Microsoft's hosts and to no other: what msal and the mailbox speak through.

Rules: the order names the addresses, and whoever owns our server could write one; so a token or a code only
ever goes to a host that this agent knows or its administrator named. No redirect is followed, no answer is
read beyond its bound, and everything ends before the job's deadline.
"""

import http.client
import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from tenure_agent.adapters.tls import tls_context
from tenure_agent.errors import MailUnavailableError
from tenure_agent.language import N_

SIGN_IN_HOSTS: Final = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.partner.microsoftonline.cn",
        "login.chinacloudapi.cn",
    }
)
GRAPH_HOSTS: Final = frozenset(
    {
        "graph.microsoft.com",
        "graph.microsoft.us",
        "dod-graph.microsoft.us",
        "microsoftgraph.chinacloudapi.cn",
    }
)
MAX_ANSWER_BYTES: Final = 8 * 1024 * 1024
CALL_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, with header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object; anything else is an empty one."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrosoftHttp:
    """The way to Microsoft's hosts for one job."""

    ca_file: str | None = None
    """PEM of the authority behind the certificates as seen here; None: the system's."""
    named_hosts: Collection[str] = ()
    """Hosts beside Microsoft's own, as host or host:port, that the administrator named."""
    deadline: float = field(default=float("inf"))
    """On the monotonic clock: nothing waits beyond it."""

    def check(self, url: str, hosts: Collection[str]) -> None:
        """Refuse an address that is not https on a known host.

        Raises:
            MailUnavailableError: it is not.
        """
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            parts, host, port = urlsplit(""), "", None
        known = host in hosts and port in (None, 443)
        named = host != "" and (host in self.named_hosts or f"{host}:{port}" in self.named_hosts)
        if parts.scheme != "https" or parts.username is not None or not (known or named):
            raise MailUnavailableError(
                N_("{host} is none of Microsoft's hosts; if it is meant, name it in graph_hosts."),
                code="host_not_allowed",
                host=host[:100],
            )

    def call(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """Send one request to a host that was checked.

        Raises:
            MailUnavailableError: there is no answer in time, or one that is too long.
        """
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        seconds = min(CALL_SECONDS, self.seconds_left())
        try:
            if seconds <= 0:
                raise TimeoutError("no time left")
            connection = http.client.HTTPSConnection(
                parts.hostname or "", parts.port, timeout=seconds, context=tls_context(self.ca_file)
            )
            try:
                connection.request(method, path, body=body, headers=dict(headers))
                response = connection.getresponse()
                text = response.read(MAX_ANSWER_BYTES + 1)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            # A header that cannot be sent is quoted whole in the error: it may be the token.
            said = "" if isinstance(error, ValueError) else str(error)
            raise MailUnavailableError(
                N_("{host} does not answer ({reason})."),
                code="offline",
                host=parts.hostname,
                reason=said or type(error).__name__,
            ) from (None if isinstance(error, ValueError) else error)
        if len(text) > MAX_ANSWER_BYTES:
            raise MailUnavailableError(
                N_("{host} answers with more than can be read."), code="too_large", host=parts.hostname
            )
        found = {name.lower(): value for name, value in response.getheaders()}
        return Reply(status=response.status, headers=found, body=text)

    def seconds_left(self) -> float:
        """Return how long the job may still take."""
        return self.deadline - time.monotonic()


@dataclass(frozen=True, slots=True)
class MsalReply:
    """An answer in the shape that msal reads."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        """Complain of an error; msal asks this where it has no other way to go on.

        Raises:
            MailUnavailableError: the status is one.
        """
        if self.status_code >= http.client.BAD_REQUEST:
            raise MailUnavailableError(
                N_("Sign-in answers with HTTP {status}."),
                code=f"sign_in_{self.status_code}",
                status=self.status_code,
            )


class MsalHttp:
    """The same way in the shape that msal calls."""

    def __init__(self, way: MicrosoftHttp) -> None:
        self._way = way

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_others: object,
    ) -> MsalReply:
        """Send a GET."""
        return self._call("GET", url, params, headers, None)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_others: object,
    ) -> MsalReply:
        """Send a form."""
        form = data if isinstance(data, str) else urlencode(data or {})
        return self._call("POST", url, params, headers, form.encode())

    def close(self) -> None:
        """Nothing is kept open."""

    def _call(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        body: bytes | None,
    ) -> MsalReply:
        self._way.check(url, SIGN_IN_HOSTS)
        target = f"{url}{'&' if '?' in url else '?'}{urlencode(params)}" if params else url
        form = {} if body is None else {"Content-Type": "application/x-www-form-urlencoded"}
        reply = self._way.call(method, target, {**form, **(headers or {})}, body)
        return MsalReply(reply.status, reply.body.decode("utf-8", "replace"), reply.headers)
