"""An SMTP server on the loopback interface that answers as a test asks, and keeps what it takes."""

import asyncio
import email
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = "tenure", "correct horse"


@dataclass(slots=True)
class Behaviour:
    """How the server answers the recipient and the text."""

    rcpt: str = ""
    data: str = ""
    drops_before_text: bool = False
    drops_after_text: bool = False
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.drops_before_text:
            server.transport.abort()
            return "421 gone"
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data:
            return self.data
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        if self.drops_after_text:
            server.transport.abort()
        return "250 taken"


def _authenticate(
    _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword
) -> AuthResult:
    right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=right)


@asynccontextmanager
async def mail_server(
    behaviour: Behaviour,
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    password: bool = False,
) -> AsyncIterator[int]:
    """Run a server in this loop; yields its port."""

    def session() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it takes TLS from the first byte for none
            return SMTP(
                behaviour,
                hostname="mail.example",
                tls_context=starttls,
                require_starttls=starttls is not None,
                authenticator=_authenticate if password else None,
                auth_required=password,
                auth_require_tls=password and tls is None,
            )

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
