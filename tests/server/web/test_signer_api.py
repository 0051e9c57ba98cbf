from datetime import timedelta

import httpx2
import msgspec
import pytest

from fakes.courier_server import LoopThread, bridge, courier_server
from fakes.keys import also_signed, city_with_signer, new_key
from fakes.signer import Laptop, StandingClock, manifest_of
from tenure_policies.envelope import digest, thumbprint
from tenure_policies.http_signature import HttpRequest, sign_request
from tenure_policies.payloads import Resume, Role
from tenure_policies.wire import ErrorAnswer
from tenure_server.domain.ceremony import NewRole, next_keys
from tenure_server.domain.signer_exchange import INBOX_PATH, MAX_REQUEST_BYTES, RELEASES_PATH
from tenure_server.signer.decide import release_of
from tenure_server.signer.errors import ServerRefusedError, ServerUnavailableError
from tenure_server.signer.server_http import ServerHttp
from tenure_server.signer.settings import SignerSettings

SETTINGS = SignerSettings(municipality="kuntala", server="https://tenure.example", audience="tenure:kuntala")


class Site:
    """A server behind a bridge, and clients of it."""

    def __init__(self, loop, server, http):
        self.loop, self.server, self.http = loop, server, http
        self.city = server.city

    def client(self, key=None, *, clock=None, audience="tenure:kuntala"):
        return ServerHttp(self.http, clock or self.server.clock, key=key, audience=audience)

    def prepare(self, *laptops):
        for laptop in laptops:
            laptop.receipts.append(laptop.receipt())
        self.loop.run(self.server.enrol(*laptops))
        manifest = manifest_of(*laptops)
        self.loop.run(self.server.prepare(manifest))
        return manifest, self.city.sign_manifest(manifest)


@pytest.fixture
def site(tmp_path):
    loop = LoopThread()
    opening = courier_server(tmp_path, city_with_signer())
    server = loop.run(opening.__aenter__())
    try:
        with bridge(loop, loop.run(server.app())) as http:
            yield Site(loop, server, http)
    finally:
        loop.run(opening.__aexit__(None, None, None))
        loop.close()


def test_approvers_and_signer_meet_through_the_server(site):
    laptop = Laptop()
    manifest, _ = site.prepare(laptop)
    for approver in site.city.approvers[:2]:
        client = site.client(approver)
        [offered] = client.manifests().manifests
        signed = site.city.sign_manifest(manifest, approver)
        assert offered.document.payload == signed.payload
        answer = client.post_approval(signed)
    assert answer.approvals == 2
    signer = site.client(site.city.release)
    inbox = signer.inbox(2)
    [document] = inbox.manifests
    release = release_of(
        laptop.entry(), manifest, digest(document), settings=SETTINGS, now=site.server.clock.now()
    )
    for _ in range(2):
        signer.post_release(site.city.sign_release(release))
    assert not signer.inbox(2).manifests
    assert len(site.server.changes) == 4


def test_keys_documents_are_public(site):
    published = site.client().published_keys()
    assert [document.payload for document in published.keys] == [
        document.payload for document in site.city.documents
    ]


def test_who_sends_the_public_keys_back_makes_no_work(site):
    client = site.client()
    for document in client.published_keys().keys:
        assert client.publish_keys(document).outcome == "known"
    assert site.server.changes == []


def test_the_next_keys_document_needs_no_other_signature_than_roots(site):
    signed = next_keys(
        site.city.keys,
        [site.city.root],
        {Role.DIRECTIVE: NewRole(keys=(new_key().public_key(),))},
        now=site.server.clock.now(),
    )
    assert site.client().publish_keys(signed).outcome == "stored"
    assert site.client().publish_keys(signed).outcome == "known"


@pytest.mark.parametrize("who", ["approver", "directive", "stranger", "nobody"])
def test_the_inbox_is_for_the_release_key_only(site, who):
    keys = {
        "approver": site.city.approvers[0],
        "directive": site.city.directive,
        "stranger": new_key(),
        "nobody": None,
    }
    with pytest.raises(ServerRefusedError, match="not signed by a key"):
        site.client(keys[who]).inbox(0)


@pytest.mark.parametrize("who", ["release", "directive", "root"])
def test_lists_and_approvals_are_for_approvers_only(site, who):
    _, signed = site.prepare(Laptop())
    client = site.client(getattr(site.city, who))
    with pytest.raises(ServerRefusedError, match="not signed by a key"):
        client.manifests()
    with pytest.raises(ServerRefusedError, match="not signed by a key"):
        client.post_approval(signed)


def test_an_approver_cannot_hand_in_a_release(site):
    laptop = Laptop()
    manifest, signed = site.prepare(laptop)
    release = release_of(
        laptop.entry(), manifest, digest(signed), settings=SETTINGS, now=site.server.clock.now()
    )
    with pytest.raises(ServerRefusedError, match="not signed by a key"):
        site.client(site.city.approvers[0]).post_release(site.city.sign_release(release))


def test_a_request_for_another_audience_is_refused(site):
    with pytest.raises(ServerRefusedError, match="not signed by a key"):
        site.client(site.city.release, audience="tenure:muukunta").inbox(0)


def test_a_clock_that_is_apart_from_the_servers_is_bridged_by_a_nonce(site):
    late = StandingClock(site.server.clock.now() - timedelta(days=2))
    assert site.client(site.city.release, clock=late).inbox(0).keys


def signed_headers(site, method, path, body, *, created):
    request = HttpRequest(method, f"https://tenure.example{path}")
    sign_request(
        request,
        body,
        key=site.city.release,
        keyid=thumbprint(site.city.release.public_key()),
        audience="tenure:kuntala",
        created=created,
    )
    return request.headers


def test_an_old_request_alone_is_refused_with_a_nonce_to_sign(site):
    created = site.server.clock.now() - timedelta(minutes=6)
    answer = site.http.get(INBOX_PATH, headers=signed_headers(site, "GET", INBOX_PATH, b"", created=created))
    refusal = msgspec.json.decode(answer.content, type=ErrorAnswer)
    assert (answer.status_code, refusal.error) == (401, "stale")
    assert refusal.nonce


def test_a_body_changed_under_way_is_refused(site):
    headers = signed_headers(site, "POST", RELEASES_PATH, b"{}", created=site.server.clock.now())
    assert site.http.post(RELEASES_PATH, headers=headers, content=b"{ }").status_code == 401


def test_a_query_changed_under_way_is_refused(site):
    headers = signed_headers(site, "GET", f"{INBOX_PATH}?after=2", b"", created=site.server.clock.now())
    assert site.http.get(f"{INBOX_PATH}?after=2", headers=headers).status_code == 200
    assert site.http.get(f"{INBOX_PATH}?after=0", headers=headers).status_code == 401


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"document": 1}', b"\xff"])
def test_a_body_that_cannot_be_read_is_refused(site, body):
    headers = signed_headers(site, "POST", RELEASES_PATH, body, created=site.server.clock.now())
    answer = site.http.post(RELEASES_PATH, headers=headers, content=body)
    assert answer.status_code == 400
    assert msgspec.json.decode(answer.content, type=ErrorAnswer).error == "malformed"


def test_an_odd_number_is_refused(site):
    path = f"{INBOX_PATH}?after=two"
    headers = signed_headers(site, "GET", path, b"", created=site.server.clock.now())
    assert site.http.get(path, headers=headers).status_code == 400


def test_a_body_that_is_too_large_is_refused(site):
    answer = site.http.post(RELEASES_PATH, content=b" " * (MAX_REQUEST_BYTES + 1))
    assert answer.status_code == 413


def test_what_is_refused_says_why(site):
    _, signed = site.prepare(Laptop())
    other = site.city.sign_manifest(manifest_of(Laptop(), Laptop(number=2)))
    client = site.client(site.city.approvers[0])
    with pytest.raises(ServerRefusedError, match="not the list that is stored"):
        client.post_approval(other)
    assert client.post_approval(signed).outcome == "stored"


def test_two_approvers_confirm_the_register_after_a_restore(site):
    async def roll_back():
        async with site.server.store.writing() as tx:
            await tx.municipality.mark_rolled_back(site.server.clock.now(), "kuntala/2")

    site.loop.run(roll_back())
    statement = Resume(municipality="kuntala", stop="kuntala/2", issued=site.server.clock.now())
    alone = site.city.sign_resume(statement, site.city.approvers[0])
    client = site.client(site.city.approvers[0])
    with pytest.raises(ServerRefusedError):
        client.confirm_register(alone)
    assert client.confirm_register(also_signed(alone, site.city.approvers[1])).outcome == "stored"


def test_a_server_that_is_not_there_is_told_as_unavailable(site):
    def refuse(request):
        raise httpx2.ConnectError("refused")

    with httpx2.Client(transport=httpx2.MockTransport(refuse), base_url="https://tenure.example") as http:
        client = ServerHttp(http, site.server.clock, key=site.city.release, audience="tenure:kuntala")
        with pytest.raises(ServerUnavailableError, match="does not answer"):
            client.inbox(0)


@pytest.mark.parametrize(
    ("status", "content"), [(503, b""), (500, b"<html>"), (429, b"{}"), (200, b"no json"), (200, b"[]")]
)
def test_an_answer_that_is_none_is_told_as_unavailable(site, status, content):
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(status, content=content))
    with httpx2.Client(transport=transport, base_url="https://tenure.example") as http:
        client = ServerHttp(http, site.server.clock, key=site.city.release, audience="tenure:kuntala")
        with pytest.raises(ServerUnavailableError):
            client.inbox(0)


@pytest.mark.parametrize("nonce", ["a\nb", "\x00", "é", 'a"b', "x" * 301, ""])
def test_a_nonce_that_could_break_a_header_is_not_signed(site, nonce):
    asked = []

    def answer(request):
        asked.append(request)
        content = msgspec.json.encode(ErrorAnswer(error="stale", nonce=nonce))
        return httpx2.Response(401, content=content)

    with httpx2.Client(transport=httpx2.MockTransport(answer), base_url="https://tenure.example") as http:
        client = ServerHttp(http, site.server.clock, key=site.city.release, audience="tenure:kuntala")
        with pytest.raises(ServerRefusedError):
            client.inbox(0)
    assert len(asked) == 1
