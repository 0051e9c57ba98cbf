"""The own mailbox through Graph, with every answer as bytes and no socket."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from fakes.own_mailbox import FakeAccount
from tenure_agent.adapters.mailbox_graph import GraphMailbox
from tenure_agent.adapters.microsoft_http import MicrosoftHttp, Reply
from tenure_agent.errors import MailUnavailableError, SignInNeededError

BASE = "https://graph.microsoft.com/v1.0"
RULES = f"{BASE}/me/mailFolders/inbox/messageRules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire(MicrosoftHttp):
    """Answers from a list, and what was asked."""

    answers: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, str, str, bytes | None]] = field(default_factory=list)
    left: float = 60.0

    def call(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        self.asked.append((method, url, headers["Authorization"], body))
        return self.answers.pop(0)

    def seconds_left(self) -> float:
        return self.left


def answer(body: Any = None, status: int = 200, **headers: str) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(
        status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}, body=raw
    )


def mailbox(*answers: Reply, **wire: Any) -> tuple[GraphMailbox, Wire, list[float]]:
    slept: list[float] = []
    way = Wire(answers=list(answers), **wire)
    return GraphMailbox(BASE, FakeAccount(), way, slept.append), way, slept


def test_rules_are_read_page_by_page():
    link = f"{RULES}?$skip=1"
    box, wire, _ = mailbox(
        answer({"value": [{"id": "1"}], "@odata.nextLink": link}), answer({"value": [{"id": "2"}]})
    )
    assert [one["id"] for one in box.rules()] == ["1", "2"]
    assert [url for _, url, _, _ in wire.asked] == [RULES, link]


@pytest.mark.parametrize("value", [[None], [{"id": "1"}, "rule"], [[]], {}, None])
def test_a_list_of_rules_with_anything_else_in_it_was_not_read(value: Any):
    box, _, _ = mailbox(answer({"value": value}))
    with pytest.raises(MailUnavailableError) as unread:
        box.rules()
    assert unread.value.code == "unreadable"


@pytest.mark.parametrize(
    "link", ["https://evil.example/x", "http://graph.microsoft.com/v1.0/x", "https://[", 3]
)
def test_a_next_page_elsewhere_is_not_asked_for(link: Any):
    box, wire, _ = mailbox(answer({"value": [], "@odata.nextLink": link}))
    with pytest.raises(MailUnavailableError):
        box.rules()
    assert len(wire.asked) == 1


def test_pages_without_end_end():
    endless = [answer({"value": [], "@odata.nextLink": RULES}) for _ in range(60)]
    box, _, _ = mailbox(*endless)
    with pytest.raises(MailUnavailableError) as told:
        box.rules()
    assert told.value.code == "too_many_pages"


@pytest.mark.parametrize("body", [b"", b"{", b'{"value": 3}', b'{"value": [{"id"', b"[]", b"null"])
def test_an_answer_that_cannot_be_read_is_no_list_of_rules(body: bytes):
    box, _, _ = mailbox(answer(body))
    with pytest.raises(MailUnavailableError):
        box.rules()


def test_switching_off_says_that_and_nothing_else_and_names_the_rule_safely():
    box, wire, _ = mailbox(answer({"id": "x"}))
    box.switch_off("a/b?c=..")
    assert wire.asked == [("PATCH", f"{RULES}/a%2Fb%3Fc%3D..", "Bearer token None", b'{"isEnabled": false}')]


def test_a_rule_that_is_gone_is_off():
    box, _, _ = mailbox(answer({"error": {"code": "ErrorItemNotFound"}}, 404))
    box.switch_off("r1")


def test_a_refusal_is_known_by_its_code_and_never_by_its_text():
    box, _, _ = mailbox(answer({"error": {"code": "ErrorAccessDenied", "message": "Aino Virtanen"}}, 403))
    with pytest.raises(MailUnavailableError) as told:
        box.switch_off("r1")
    assert told.value.code == "ErrorAccessDenied"
    assert "Aino" not in str(told.value)


@pytest.mark.parametrize("code", ["Aino Virtanen", "x" * 81, 3, None])
def test_a_code_that_is_none_is_the_status(code: Any):
    box, _, _ = mailbox(answer({"error": {"code": code}}, 403))
    with pytest.raises(MailUnavailableError) as told:
        box.rules()
    assert told.value.code == "http_403"


def test_throttling_is_waited_for_as_asked_fractions_included():
    box, _, slept = mailbox(answer({}, 429, retry_after="2.128"), answer({}, 503), answer({"value": []}))
    assert box.rules() == ()
    assert slept == [2.128, 2.0]


@pytest.mark.parametrize("asked", ["3600", "inf", "1e300"])
def test_nothing_is_waited_for_longer_than_the_job_may_take(asked: str):
    box, _, slept = mailbox(answer({}, 429, retry_after=asked))
    with pytest.raises(MailUnavailableError) as told:
        box.rules()
    assert (told.value.code, slept) == ("http_429", [])


@pytest.mark.parametrize("asked", ["soon", "-1", "nan", ""])
def test_a_wait_that_is_none_is_our_own(asked: str):
    box, _, slept = mailbox(answer({}, 429, retry_after=asked), answer({"value": []}))
    box.rules()
    assert slept == [1.0]


def test_throttling_without_end_ends():
    box, wire, _ = mailbox(*[answer({}, 429, retry_after="0") for _ in range(9)])
    with pytest.raises(MailUnavailableError):
        box.rules()
    assert len(wire.asked) == 5


CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
CHALLENGE = f'Bearer error="insufficient_claims", claims="{base64.b64encode(CLAIMS.encode()).decode()}"'


def test_a_claims_challenge_is_answered_once_with_a_token_of_those_claims():
    box, wire, _ = mailbox(answer({}, 401, www_authenticate=CHALLENGE), answer({"value": []}))
    assert box.rules() == ()
    assert [token for _, _, token, _ in wire.asked] == ["Bearer token None", f"Bearer token {CLAIMS}"]


def test_a_second_challenge_asks_for_a_person():
    again = answer({}, 401, www_authenticate=CHALLENGE)
    box, wire, _ = mailbox(again, again, again)
    with pytest.raises(SignInNeededError):
        box.rules()
    assert len(wire.asked) == 2


@pytest.mark.parametrize("header", ["", "Bearer", 'Bearer claims="%%%"', 'Bearer claims="bm90IGpzb24="'])
def test_a_refused_token_without_a_challenge_asks_for_a_person(header: str):
    box, _, _ = mailbox(answer({}, 401, www_authenticate=header))
    with pytest.raises(SignInNeededError):
        box.rules()


def test_the_owner_and_the_domains_are_read_with_what_is_missing_left_empty():
    owner = {"id": "1", "userPrincipalName": "a@city.gov", "mail": None, "proxyAddresses": ["SMTP:a@x.fi", 3]}
    domains = [
        {"name": "city.gov", "capabilities": "Email, Other"},
        {"name": "plain.fi", "capabilities": "None"},
        3,
    ]
    box, _, _ = mailbox(answer(owner), answer({"value": [{"verifiedDomains": domains}]}))
    me = box.me()
    assert (me.id, me.mail, me.proxy_addresses) == ("1", "", ("SMTP:a@x.fi",))
    assert [(one.name, one.email) for one in box.domains()] == [("city.gov", True), ("plain.fi", False)]


def test_a_base_at_a_strange_host_gets_no_token():
    account = FakeAccount()
    way = Wire()
    with pytest.raises(MailUnavailableError):
        GraphMailbox("https://evil.example/v1.0", account, way).rules()
    assert way.asked == []
