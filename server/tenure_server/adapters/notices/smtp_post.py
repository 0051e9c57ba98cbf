"""A mail server, spoken to by SMTP with TLS; see `usecases.ports.Post`.

Rules: what concerns one mail (its recipient, its text) is told apart from what concerns the server (its name,
our password, its mood); once the text is on its way, a broken connection means that nobody can tell.
"""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_LINES
from email.utils import format_datetime
from pathlib import Path
from typing import TypeVar

import aiosmtplib

from tenure_server.domain.errors import InputError, UnavailableError
from tenure_server.domain.mail import Mail, PostRefusedError, PostUncertainError, is_address
from tenure_server.domain.message import N_, say
from tenure_server.usecases.ports import Clock

_Answer = TypeVar("_Answer")
_PERMANENT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """How to reach the mail server, and in whose name mail is sent."""

    host: str
    port: int
    security: str
    """starttls, tls or none."""
    sender: str
    sender_name: str = ""
    reply_to: str = ""
    user: str = ""
    password_file: Path | None = None
    timeout_seconds: float = 30
    tls_context: ssl.SSLContext | None = None
    """None: the machine's own trust."""


class SmtpPost:
    """Sends each mail over a connection of its own."""

    def __init__(self, server: SmtpServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._password = _password(server)

    async def send(self, mail: Mail) -> None:
        """Send a mail; see `usecases.ports.Post.send`."""
        if not is_address(mail.to):
            raise PostRefusedError(say(N_("The address is no mail address.")))
        try:
            text = self._message(mail).as_bytes(policy=SMTP_LINES)
        except ValueError as error:  # a line break where a header ends
            raise PostRefusedError(say(N_("The mail cannot be written."))) from error
        client = self._client()
        try:
            await self._introduce(client)
            await _for_this_mail(lambda: client.rcpt(mail.to))
            await _with_text(lambda: client.data(text))
        finally:
            await _leave(client)

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=server.tls_context,
            timeout=server.timeout_seconds,
        )

    async def _introduce(self, client: aiosmtplib.SMTP) -> None:
        """Connect, sign in and say who sends: whatever fails here is no fault of the mail's."""
        try:
            await client.connect()
            if self._server.user:
                await client.login(self._server.user, self._password)
            await client.mail(self._server.sender)
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            raise UnavailableError(
                say(N_("The mail server does not take mail now: {why}."), why=_why(error))
            ) from error

    def _message(self, mail: Mail) -> EmailMessage:
        server = self._server
        message = EmailMessage(policy=SMTP_LINES)
        message["From"] = _named(server.sender_name, server.sender)
        message["To"] = mail.to
        if server.reply_to:
            message["Reply-To"] = server.reply_to
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = f"<{mail.id}@{server.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text, charset="utf-8", cte="quoted-printable")
        message["Content-Language"] = mail.language
        return message

    def shown(self, mail: Mail) -> EmailMessage:
        """Return the message exactly as it would be handed to the server now."""
        return self._message(mail)


def _named(name: str, address: str) -> Address | str:
    return Address(display_name=name, addr_spec=address) if name else address


def _password(server: SmtpServer) -> str:
    if server.password_file is None:
        return ""
    try:
        return server.password_file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        sentence = N_("The mail server's password cannot be read from {file}.")
        raise InputError(say(sentence, file=server.password_file)) from error


async def _for_this_mail(call: Callable[[], Awaitable[_Answer]]) -> _Answer:
    try:
        return await call()
    except aiosmtplib.SMTPResponseException as error:
        raise _judged(error) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise UnavailableError(
            say(N_("The mail server does not take mail now: {why}."), why=_why(error))
        ) from error


async def _with_text(call: Callable[[], Awaitable[_Answer]]) -> _Answer:
    """Hand the text over; without the server's answer to it nobody can tell what became of it."""
    try:
        return await call()
    except aiosmtplib.SMTPResponseException as error:
        raise _judged(error) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise PostUncertainError(
            say(N_("The mail server did not say whether it took the mail: {why}."), why=_why(error))
        ) from error


def _judged(error: aiosmtplib.SMTPResponseException) -> PostRefusedError | UnavailableError:
    why = _why(error)
    if error.code >= _PERMANENT:
        return PostRefusedError(say(N_("The mail server refuses this mail: {why}."), why=why))
    return UnavailableError(say(N_("The mail server does not take mail now: {why}."), why=why))


def _why(error: Exception) -> str:
    """Tell what went wrong by its number or kind; a server's own words may name the address."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"SMTP {error.code}"
    return type(error).__name__


async def _leave(client: aiosmtplib.SMTP) -> None:
    try:
        if client.is_connected:
            await client.quit(timeout=5)
    except (aiosmtplib.SMTPException, OSError):
        client.close()
