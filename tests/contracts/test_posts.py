"""What a mail server answers is told apart in the same way by the fake and by the real adapters.

The real ones speak to a server on the loopback interface that answers as each test asks: a mail server, or
the simulated tenant.
"""

import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.graph_simulator import Fault, running
from fakes.mail_server import PASSWORD, USER, Behaviour, mail_server
from fakes.post import FakePost
from fakes.tenant_accounts import CLIENT_ID, SENDER, graph_into, tenant_with
from fakes.tls import certificate, server_context
from fakes.town import HandClock
from tenure_server.adapters.graph.post import GraphPost
from tenure_server.adapters.notices.smtp_post import SmtpPost, SmtpServer
from tenure_server.domain.errors import InputError, UnavailableError
from tenure_server.domain.mail import Mail, PostRefusedError, PostUncertainError, mail_id
from tenure_server.domain.message import say
from tenure_server.usecases.ports import Post

MAIL = Mail(
    id=mail_id("kuntala", "aino/T-30/2029-05-31T21:00:00+00:00"),
    to="aino@kuntala.example",
    subject="Luottamustoimesi päättyy",
    text="Hei Äinö.\n\n.alkaa pisteellä\n" + "pitkä rivi " * 200 + "\n",
    language="fi",
)
NO_RESOLVER = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
CASES = {
    "taken": (Behaviour(), None, True),
    "recipient unknown": (Behaviour(rcpt="550 no such user"), PostRefusedError, False),
    "mailbox full": (Behaviour(rcpt="452 full"), UnavailableError, False),
    "greylisted": (Behaviour(data="451 later"), UnavailableError, False),
    "taken for spam": (Behaviour(data="554 no"), PostRefusedError, False),
    "gone before the text": (Behaviour(drops_before_text=True), UnavailableError, False),
    "gone after the text": (Behaviour(drops_after_text=True), PostUncertainError, True),
}


GRAPH: dict[str, Fault | None] = {
    "taken": None,
    "recipient unknown": Fault(method="POST", path="*sendMail", status=400, code="ErrorInvalidRecipients"),
    "mailbox full": Fault(method="POST", path="*sendMail", status=507, code="ErrorQuotaExceeded"),
    "greylisted": Fault(
        method="POST", path="*sendMail", status=429, code="TooManyRequests", headers={"Retry-After": "2.128"}
    ),
    "taken for spam": Fault(
        method="POST", path="*sendMail", status=400, code="ErrorMessageSubmissionBlocked"
    ),
    "gone before the text": Fault(method="POST", path="*token", cut=True),
    "gone after the text": Fault(method="POST", path="*sendMail", cut_after_acting=True),
}
"""The same answers in Graph's words."""


def _fake(behaviour: Behaviour, error: type[Exception] | None) -> FakePost:
    answers = [] if error is None else [error(say("no"))]  # type: ignore[call-arg]
    return FakePost(answers=list(answers), takes_before_failing=behaviour.drops_after_text)


@pytest.fixture(params=["fake", "smtp", "graph"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def server_of(port: int, **facts: object) -> SmtpServer:
    fields: dict[str, object] = {
        "host": "127.0.0.1", "port": port, "security": "none", "sender": "tenure@kuntala.example",
        "sender_name": "Kuntala", "reply_to": "hallinto@kuntala.example", "timeout_seconds": 5,
    }  # fmt: skip
    return SmtpServer(**{**fields, **facts})  # type: ignore[arg-type]


@NO_RESOLVER
@pytest.mark.parametrize("name", list(CASES))
async def test_each_answer_has_its_meaning(kind: str, name: str, tmp_path: Path) -> None:
    given, error, taken = CASES[name]
    behaviour = Behaviour(given.rcpt, given.data, given.drops_before_text, given.drops_after_text)

    async def try_to_send(post: Post) -> None:
        if error is None:
            await post.send(MAIL)
            return
        with pytest.raises(error) as caught:
            await post.send(MAIL)
        assert type(caught.value) is error, "neither more nor less certain than it is"
        assert MAIL.to not in str(caught.value)

    if kind == "fake":
        fake = _fake(behaviour, error)
        await try_to_send(fake)
        assert (len(fake.taken) == 1) is taken
    elif kind == "graph":
        tenant, fault = tenant_with(), GRAPH[name]
        if fault is not None:
            tenant.quirks.add(replace(fault))
        async with running(tenant, validate=False) as simulator, graph_into(simulator, tmp_path) as graph:
            await try_to_send(GraphPost(graph, sender=SENDER))
        assert (len(tenant.sent) == 1) is taken
    else:
        async with mail_server(behaviour) as port:
            await try_to_send(SmtpPost(server_of(port), HandClock()))
        assert (len(behaviour.taken) == 1) is taken


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path, until=2090)


@pytest.fixture
def trust(pem: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(pem))


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    return file


async def test_a_mail_arrives_as_it_was_written_with_headers_of_a_machine() -> None:
    behaviour = Behaviour()
    async with mail_server(behaviour) as port:
        await SmtpPost(server_of(port), HandClock()).send(MAIL)
    (message,) = behaviour.taken
    assert message["From"] == "Kuntala <tenure@kuntala.example>"
    assert message["Reply-To"] == "hallinto@kuntala.example"
    assert message["To"] == MAIL.to
    assert message["Subject"] == MAIL.subject
    assert message["Message-ID"] == f"<{MAIL.id}@kuntala.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fi"
    assert message["Date"] == "Thu, 01 Mar 2029 09:00:00 +0000"
    assert message.get_content().replace("\r\n", "\n") == MAIL.text
    assert behaviour.envelopes == [("tenure@kuntala.example", [MAIL.to])]


async def test_a_mail_sent_again_has_the_same_message_id() -> None:
    behaviour = Behaviour()
    async with mail_server(behaviour) as port:
        post = SmtpPost(server_of(port), HandClock())
        await post.send(MAIL)
        await post.send(MAIL)
    assert len({message["Message-ID"] for message in behaviour.taken}) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "aino@kuntala.example\nBcc: all@kuntala.example"),
        ("to", "aino@kuntala.example, bo@kuntala.example"),
        ("to", "<aino@kuntala.example>"),
        ("to", "aino"),
    ],
)
async def test_an_address_that_is_more_than_one_is_never_sent_to(field: str, value: str) -> None:
    behaviour = Behaviour()
    fields = {"id": MAIL.id, "to": MAIL.to, "subject": "x", "text": "x", "language": "fi", field: value}
    async with mail_server(behaviour) as port:
        with pytest.raises(PostRefusedError):
            await SmtpPost(server_of(port), HandClock()).send(Mail(**fields))
    assert not behaviour.taken


async def test_a_subject_with_a_line_break_never_becomes_a_header() -> None:
    behaviour = Behaviour()
    mail = Mail(id=MAIL.id, to=MAIL.to, subject="x\r\nBcc: all@kuntala.example", text="x", language="fi")
    async with mail_server(behaviour) as port:
        with pytest.raises(PostRefusedError):
            await SmtpPost(server_of(port), HandClock()).send(mail)
    assert not behaviour.taken


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_goes_over_tls_with_a_password(
    security: str, pem: Path, trust: ssl.SSLContext, password_file: Path
) -> None:
    behaviour, context = Behaviour(), server_context(pem)
    ways = {"starttls": {"starttls": context}, "tls": {"tls": context}}
    async with mail_server(behaviour, password=True, **ways[security]) as port:
        server = server_of(port, security=security, user=USER, password_file=password_file, tls_context=trust)
        await SmtpPost(server, HandClock()).send(MAIL)
    assert len(behaviour.taken) == 1


async def test_a_server_that_nobody_vouches_for_gets_no_mail(pem: Path, password_file: Path) -> None:
    behaviour = Behaviour()
    async with mail_server(behaviour, starttls=server_context(pem)) as port:
        with pytest.raises(UnavailableError):
            await SmtpPost(server_of(port, security="starttls"), HandClock()).send(MAIL)
    assert not behaviour.taken


async def test_a_server_without_tls_gets_no_mail_if_tls_is_wanted() -> None:
    behaviour = Behaviour()
    async with mail_server(behaviour) as port:
        with pytest.raises(UnavailableError):
            await SmtpPost(server_of(port, security="starttls"), HandClock()).send(MAIL)
    assert not behaviour.taken


async def test_a_wrong_password_is_the_servers_matter_and_no_mail_is_given_up(
    pem: Path, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    password_file = tmp_path / "wrong"
    password_file.write_text("wrong", encoding="utf-8")
    async with mail_server(Behaviour(), password=True, starttls=server_context(pem)) as port:
        server = server_of(
            port, security="starttls", user=USER, password_file=password_file, tls_context=trust
        )
        with pytest.raises(UnavailableError) as caught:
            await SmtpPost(server, HandClock()).send(MAIL)
    assert not isinstance(caught.value, PostUncertainError)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(UnavailableError):
            await SmtpPost(server_of(port), HandClock()).send(MAIL)


def test_a_password_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="password"):
        SmtpPost(server_of(25, user=USER, password_file=tmp_path / "none"), HandClock())


async def test_graph_sends_the_text_as_it_was_written_and_keeps_no_copy(tmp_path: Path) -> None:
    tenant = tenant_with()
    async with running(tenant) as simulator, graph_into(simulator, tmp_path) as graph:
        await GraphPost(graph, sender=SENDER, reply_to="hallinto@kuntala.example").send(MAIL)
    (sent,) = tenant.sent
    message = sent.message
    assert (sent.sender, sent.save_to_sent_items) == (SENDER, False)
    assert message["subject"] == MAIL.subject
    assert message["body"] == {"contentType": "text", "content": MAIL.text}
    assert [one["emailAddress"]["address"] for one in message["toRecipients"]] == [MAIL.to]
    assert [one["emailAddress"]["address"] for one in message["replyTo"]] == ["hallinto@kuntala.example"]
    assert {"name": "X-Tenure-Mail-Id", "value": MAIL.id} in message["internetMessageHeaders"]


@pytest.mark.parametrize("trouble", ["no permission", "no sender", "no key"])
async def test_what_is_wrong_with_us_gives_up_no_mail(trouble: str, tmp_path: Path) -> None:
    tenant = tenant_with()
    match trouble:
        case "no permission":
            tenant.apps[CLIENT_ID].roles.discard("Mail.Send")
        case "no key":
            tenant.apps[CLIENT_ID].secrets.clear()
    sender = "nobody@kuntala.example" if trouble == "no sender" else SENDER
    async with running(tenant, validate=False) as simulator, graph_into(simulator, tmp_path) as graph:
        with pytest.raises(UnavailableError) as caught:
            await GraphPost(graph, sender=sender).send(MAIL)
    assert not isinstance(caught.value, PostUncertainError)
    assert not tenant.sent


@pytest.mark.parametrize("field", ["to", "subject"])
async def test_a_line_break_never_reaches_the_tenant(field: str, tmp_path: Path) -> None:
    tenant = tenant_with()
    mail = replace(MAIL, **{field: "aino@kuntala.example\r\nBcc: all@kuntala.example"})
    async with running(tenant) as simulator, graph_into(simulator, tmp_path) as graph:
        with pytest.raises(PostRefusedError):
            await GraphPost(graph, sender=SENDER).send(mail)
    assert not tenant.log
