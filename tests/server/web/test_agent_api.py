"""The laptops' API as a laptop meets it: signed requests over ASGI, on a real database."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import PayloadType, public_pem, read_unverified, thumbprint
from tenure_policies.http_signature import HttpRequest, sign_request
from tenure_policies.payloads import Directive, Role, TimeStatement
from tenure_policies.trusted_keys import TrustedKeys, judge_keys
from tenure_policies.wire import (
    ENROL_PATH,
    MAX_BODY_BYTES,
    TICKET_HEADER,
    VISIT_PATH,
    WAIT_PATH,
    ClockReport,
    EnrolAnswer,
    EnrolRequest,
    ErrorAnswer,
    HeldEcho,
    LockReport,
    VisitAnswer,
    VisitRequest,
    audience_of_token,
)
from tenure_server.domain.ids import Serial
from tenure_server.settings import read_settings
from tenure_server.usecases.enforce_ends import enforce_ends
from tenure_server.usecases.enrol_device import make_enrol_token, revoke_device_key
from tenure_server.web.agent_api import AgentApi
from tenure_server.web.tickets import Tickets
from tenure_server.wiring import Installation, open_installation, prepare, root_keyids


@dataclass
class Api:
    """The API of one installation, called as ASGI calls it."""

    installation: Installation
    app: AgentApi
    kicks: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when whoever waits has hung up."""

    async def call(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, bytes, dict[str, str]]:
        sent: list[dict[str, Any]] = []
        messages = [{"type": "http.request", "body": body}]

        async def receive() -> dict[str, Any]:
            if not messages:
                await self.left.wait()
            return messages.pop() if messages else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
        }
        await self.app({**scope, "headers": raw}, receive, send)
        answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], sent[1]["body"], answered


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    settings = read_settings({"data_directory": tmp_path, "name": "Rantala"}, {})
    await prepare(settings)
    async with open_installation(settings) as installation:
        built: list[Api] = []

        def changed() -> None:
            built[0].kicks += 1

        app = AgentApi(
            visiting=installation.visiting,
            feed=installation.feed,
            tickets=Tickets(installation.secret),
            changed=changed,
        )
        built.append(Api(installation, app))
        yield built[0]


@dataclass
class Laptop:
    """A laptop that signs for itself."""

    api: Api
    serial: str = "PF-0001"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    answer: EnrolAnswer | None = None
    audience: str = ""
    visits: int = 0

    async def post(
        self, path: str, body: bytes, *, created: datetime | None = None, nonce: str | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        request = HttpRequest("POST", f"http://tenure{path}")
        sign_request(
            request,
            body,
            key=self.key,
            keyid=thumbprint(self.key.public_key()),
            audience=self.audience,
            created=created or datetime.now(UTC),
            nonce=nonce,
        )
        return await self.api.call("POST", path, request.headers, body)

    async def enrol(self, token: str | None = None) -> tuple[int, bytes]:
        installation = self.api.installation
        token = token or await make_enrol_token(
            installation.store, installation.clock, serial=Serial(self.serial)
        )
        self.audience = audience_of_token(token)
        request = EnrolRequest(
            token=token,
            public_key=public_pem(self.key.public_key()),
            serial=self.serial,
            platform="linux",
            model="Model",
            agent_version="0.1.0",
            key_protection="software",
        )
        status, body, _ = await self.post(ENROL_PATH, msgspec.json.encode(request))
        if status == 200:
            self.answer = msgspec.json.decode(body, type=EnrolAnswer)
        return status, body

    def report(self, **changes: Any) -> VisitRequest:
        assert self.answer is not None
        self.visits += 1
        now = datetime.now(UTC)
        facts: dict[str, Any] = {
            "device": self.answer.device,
            "epoch": self.answer.epoch,
            "visit": self.visits,
            "nonce": f"nonce-{self.visits}",
            "agent_version": "0.1.0",
            "keys_number": 1,
            "held": None,
            "lock": LockReport(locked=False),
            "clock": ClockReport(trusted=now, wall=now),
        }
        return VisitRequest(**{**facts, **changes})

    async def visit(self, **changes: Any) -> VisitAnswer:
        status, body, _ = await self.post(VISIT_PATH, msgspec.json.encode(self.report(**changes)))
        assert status == 200, body
        return msgspec.json.decode(body, type=VisitAnswer)


def refused(body: bytes) -> ErrorAnswer:
    return msgspec.json.decode(body, type=ErrorAnswer)


async def enrolled(api: Api, **facts: Any) -> Laptop:
    laptop = Laptop(api, **facts)
    assert (await laptop.enrol())[0] == 200
    return laptop


async def trusted(api: Api, laptop: Laptop) -> TrustedKeys:
    assert laptop.answer is not None
    roots = frozenset(await root_keyids(api.installation.store))
    return TrustedKeys(
        judge_keys(
            laptop.answer.keys[0], current=None, pinned_root=roots, municipality=laptop.answer.municipality
        )
    )


async def test_a_laptop_enrols_with_a_token_and_can_check_the_keys_it_gets(api: Api) -> None:
    laptop = await enrolled(api)
    keys = await trusted(api, laptop)
    assert keys.of(Role.DIRECTIVE)
    assert not keys.of(Role.RELEASE)
    assert laptop.answer is not None
    assert laptop.answer.epoch == 1


async def test_a_token_works_once(api: Api) -> None:
    token = await make_enrol_token(api.installation.store, api.installation.clock)
    assert (await Laptop(api).enrol(token))[0] == 200
    status, body = await Laptop(api, serial="PF-0002").enrol(token)
    assert (status, refused(body).error) == (403, "token")


async def test_a_token_for_one_serial_enrols_no_other(api: Api) -> None:
    token = await make_enrol_token(api.installation.store, api.installation.clock, serial=Serial("PF-0009"))
    assert (await Laptop(api).enrol(token))[0] == 403
    assert (await Laptop(api, serial="PF-0009").enrol(token))[0] == 200


async def test_a_re_enrolment_is_a_new_epoch_and_the_old_key_is_answered_401(api: Api) -> None:
    old = await enrolled(api)
    new = await enrolled(api)
    assert new.answer is not None
    assert new.answer.epoch == 2
    status, body, _ = await old.post(VISIT_PATH, msgspec.json.encode(old.report()))
    assert status == 401
    assert refused(body).error in ("unknown_key", "revoked")
    await new.visit()


async def test_a_visit_is_answered_with_time_that_answers_its_nonce(api: Api) -> None:
    laptop = await enrolled(api)
    answer = await laptop.visit()
    keys = await trusted(api, laptop)
    statement = keys.open(answer.time, PayloadType.TIME, TimeStatement, Role.DIRECTIVE)
    assert statement.nonce == "nonce-1"
    assert abs(statement.now - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_directive_is_sent_once_and_not_again_to_a_laptop_that_holds_it(api: Api) -> None:
    laptop = await enrolled(api)
    await enforce_ends(api.installation.enforcement)
    first = await laptop.visit()
    assert first.directive is not None
    directive = read_unverified(first.directive, Directive)
    held = HeldEcho(seq=directive.seq, digest="d")
    assert (await laptop.visit(held=held)).directive is None


async def test_a_replayed_visit_is_refused_and_told_the_last_counter(api: Api) -> None:
    laptop = await enrolled(api)
    body = msgspec.json.encode(laptop.report())
    assert (await laptop.post(VISIT_PATH, body))[0] == 200
    status, answer, _ = await laptop.post(VISIT_PATH, body)
    assert (status, refused(answer).error, refused(answer).last_visit) == (409, "replay", 1)


async def test_a_stale_signature_is_given_a_nonce_to_sign_instead(api: Api) -> None:
    laptop = await enrolled(api)
    wrong = datetime.now(UTC) - timedelta(days=400)
    body = msgspec.json.encode(laptop.report())
    status, answer, _ = await laptop.post(VISIT_PATH, body, created=wrong)
    assert (status, refused(answer).error) == (401, "stale")
    nonce = refused(answer).nonce
    assert (await laptop.post(VISIT_PATH, body, created=wrong, nonce=nonce))[0] == 200
    assert (await laptop.post(VISIT_PATH, body, created=wrong, nonce="made-up"))[0] == 401


async def test_an_altered_body_query_or_audience_is_refused(api: Api) -> None:
    laptop = await enrolled(api)
    body = msgspec.json.encode(laptop.report())
    request = HttpRequest("POST", f"http://tenure{VISIT_PATH}")
    keyid = thumbprint(laptop.key.public_key())
    sign_request(
        request, body, key=laptop.key, keyid=keyid, audience=laptop.audience, created=datetime.now(UTC)
    )
    status, answer, _ = await api.call("POST", VISIT_PATH, request.headers, body.replace(b"0.1.0", b"0.2.0"))
    assert (status, refused(answer).error) == (401, "bad_signature")
    laptop.audience = "tenure:elsewhere"
    assert (await laptop.post(VISIT_PATH, body))[0] == 401


async def test_another_laptops_id_under_my_own_signature_is_refused(api: Api) -> None:
    mine, other = await enrolled(api), await enrolled(api, serial="PF-0002")
    assert other.answer is not None
    body = msgspec.json.encode(mine.report(device=other.answer.device))
    status, answer, _ = await mine.post(VISIT_PATH, body)
    assert (status, refused(answer).error) == (401, "revoked")


async def test_a_revoked_key_is_answered_401(api: Api) -> None:
    laptop = await enrolled(api)
    await laptop.visit()
    await revoke_device_key(api.installation.store, api.installation.clock, serial=Serial("PF-0001"))
    status, answer, _ = await laptop.post(VISIT_PATH, msgspec.json.encode(laptop.report()))
    assert (status, refused(answer).error) == (401, "revoked")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"device": 3}', b"\xff\xfe", b'{"critical": ["x"]}'])
async def test_a_malformed_visit_is_refused_with_what_is_wrong(api: Api, body: bytes) -> None:
    laptop = await enrolled(api)
    status, answer, _ = await laptop.post(VISIT_PATH, body)
    assert (status, refused(answer).error) == (400, "malformed")


async def test_a_critical_field_unknown_to_us_is_refused_and_any_other_ignored(api: Api) -> None:
    laptop = await enrolled(api)
    report = msgspec.to_builtins(laptop.report())
    ignored = msgspec.json.encode({**report, "from_the_future": 1})
    assert (await laptop.post(VISIT_PATH, ignored))[0] == 200
    report = msgspec.to_builtins(laptop.report())
    critical = msgspec.json.encode({**report, "from_the_future": 1, "critical": ["from_the_future"]})
    assert (await laptop.post(VISIT_PATH, critical))[0] == 400


async def test_an_unsigned_or_too_large_request_is_refused(api: Api) -> None:
    assert (await api.call("POST", VISIT_PATH, {}, b"{}"))[0] == 401
    assert (await api.call("POST", VISIT_PATH, {}, b"x" * (MAX_BODY_BYTES + 1)))[0] == 413
    assert (await api.call("GET", VISIT_PATH, {}))[0] == 405


async def test_a_document_is_asked_for_until_its_content_is_what_its_digest_says(api: Api) -> None:
    from hashlib import sha256

    laptop = await enrolled(api)
    content = b'{"name":"Debian"}'
    digests = {"os": sha256(content).hexdigest()}
    assert (await laptop.visit(digests=digests)).want == ("os",)
    lied = {"os": msgspec.Raw(b'{"name":"other"}')}
    assert (await laptop.visit(digests=digests, documents=lied)).want == ("os",)
    told = {"os": msgspec.Raw(content)}
    assert (await laptop.visit(digests=digests, documents=told)).want == ()
    assert (await laptop.visit(digests=digests)).want == ()


async def test_news_ends_the_waiting_and_an_old_ticket_does_not_wait_at_all(api: Api) -> None:
    laptop = await enrolled(api)
    ticket = {TICKET_HEADER: (await laptop.visit()).ticket}
    waiting = asyncio.create_task(api.call("GET", WAIT_PATH, ticket))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await enforce_ends(api.installation.enforcement)
    async with asyncio.timeout(5):
        assert (await waiting)[:2] == (200, b'{"news":true}')
        assert (await api.call("GET", WAIT_PATH, ticket))[0] == 200
    assert (await api.call("GET", WAIT_PATH, {TICKET_HEADER: "forged"}))[0] == 401


async def test_a_laptop_that_hangs_up_is_waited_for_no_longer(api: Api) -> None:
    laptop = await enrolled(api)
    await enforce_ends(api.installation.enforcement)
    ticket = {TICKET_HEADER: (await laptop.visit()).ticket}
    waiting = asyncio.create_task(api.call("GET", WAIT_PATH, ticket))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    api.left.set()
    async with asyncio.timeout(5):
        assert (await waiting)[0] == 204
        assert (await api.call("GET", WAIT_PATH, ticket))[0] == 204


async def test_a_locked_database_answers_retry_after_and_writes_nothing(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop = await enrolled(api)
    await laptop.visit()
    blocker = sqlite3.connect(tmp_path / "tenure.sqlite", isolation_level=None)
    async with api.installation.database.writing.connect() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout = 100")
        await connection.rollback()
    blocker.execute("BEGIN IMMEDIATE")
    status, answer, headers = await laptop.post(VISIT_PATH, msgspec.json.encode(laptop.report()))
    blocker.execute("ROLLBACK")
    blocker.close()
    assert (status, refused(answer).error) == (503, "busy")
    assert int(headers["retry-after"]) > 0
    async with api.installation.store.reading() as tx:
        visits = await tx.devices.last_visits()
    assert [visit.visit for visit in visits.values()] == [1]
    await laptop.visit()


async def test_a_server_about_to_stop_lets_its_waiting_laptops_go(api: Api) -> None:
    laptop = await enrolled(api)
    ticket = {TICKET_HEADER: (await laptop.visit()).ticket}
    waiting = asyncio.create_task(api.call("GET", WAIT_PATH, ticket))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    api.app.stop_waiting()
    async with asyncio.timeout(5):
        assert (await waiting)[0] == 204
        assert (await api.call("GET", WAIT_PATH, ticket))[0] == 204


@pytest.mark.parametrize("path", [ENROL_PATH, VISIT_PATH])
async def test_a_body_nested_without_end_is_malformed(api: Api, path: str) -> None:
    laptop = await enrolled(api)
    deep = b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"

    status, body, _ = await laptop.post(path, deep)

    assert (status, refused(body).error) == (400, "malformed")


async def test_a_body_that_never_ends_is_not_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure_server.web.agent_api.BODY_SECONDS", 0.05)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": ENROL_PATH, "query_string": b"", "headers": []}
    async with asyncio.timeout(5):
        await api.app(scope, receive, send)

    assert sent[0]["status"] == 408
