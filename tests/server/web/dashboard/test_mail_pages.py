"""The pages of the mail check: what stands on them, and that looking changes nothing."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import httpx2
import pytest
from fastapi import FastAPI

from fakes.dashboard import LOOK, NOW, TOKEN, FakeDashboard, FakeSessions
from tenure_policies.forwarding.verdicts import BlindSpot
from tenure_server.domain.errors import InputError, NotFoundError
from tenure_server.domain.message import say
from tenure_server.domain.notice import NoticeState
from tenure_server.usecases.allow_domains import Allowance
from tenure_server.usecases.mail_views import CheckView, FixingView, MailFilter, Standing
from tenure_server.web.dashboard.pages import install

HOSTILE = "<script>alert('x')</script>"


@dataclass
class FakeDecisions:
    """Remembers what was decided; knows no domain but `partner.example`."""

    allowed: list[Allowance] = field(default_factory=list)
    withdrawn: list[tuple[str, str]] = field(default_factory=list)

    async def allow(self, asked: Allowance) -> None:
        if not asked.decision.strip():
            raise InputError(say("Say by which decision."))
        self.allowed.append(asked)

    async def withdraw(self, domain: str, by: str) -> None:
        if domain != "partner.example":
            raise NotFoundError(say("It is not allowed."))
        self.withdrawn.append((domain, by))


@pytest.fixture
def decisions() -> FakeDecisions:
    return FakeDecisions()


@pytest.fixture
async def decider(queries: FakeDashboard, decisions: FakeDecisions) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser of somebody signed in, at a server that takes decisions."""
    app, sessions = FastAPI(), FakeSessions()
    install(app, queries=queries, sessions=sessions, look=LOOK, decisions=decisions)
    headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en", "Accept": "text/html"}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://tenure.test", headers=headers
    ) as client:
        await client.post("/sign-in", data={"token": TOKEN})
        yield client


async def test_the_list_says_how_the_check_stands_and_that_fixing_is_on_by_which_decision(reader):
    page = (await reader.get("/mail")).text
    for said in (
        "Finished",
        "229 of 229",
        "228 by the server, 1 by laptops",
        "Forwards that lead outside are switched off",
        "KH 4.5.2029 § 77",
    ):
        assert said in page, said


async def test_report_only_is_said_plainly(reader, queries):
    queries.post.fixing = FixingView(on=False)
    page = (await reader.get("/mail")).text
    assert "Report only" in page
    assert "nothing is switched off" in page


async def test_what_kept_the_tenant_from_being_read_stands_at_the_top(reader, queries):
    why = say("The tenant refused: MailboxSettings.Read is missing.")
    queries.post.check = replace(queries.post.check, why=why)
    page = (await reader.get("/mail")).text
    assert page.index("MailboxSettings.Read is missing.") < page.index('id="list-title"')
    assert "The tenant could not be read" in page


async def test_a_check_under_way_shows_how_far_it_has_come(reader, queries):
    queries.post.check = CheckView(began=NOW, finished=None, mailboxes=229, looked_at=40)
    page = (await reader.get("/mail")).text
    assert "Under way" in page
    assert "40 of 229" in page


async def test_before_any_check_nothing_is_claimed(reader, queries):
    queries.post.check = None
    assert "Not by the server yet" in (await reader.get("/mail")).text


async def test_each_count_leads_to_its_mailboxes(reader):
    page = (await reader.get("/mail")).text
    for standing in Standing:
        assert f'href="/mail?verdict={standing}"' in page
    found = (await reader.get("/mail?verdict=violation")).text
    assert "3 of 230 mailboxes" in found
    assert found.count('role="rowheader"') == 3


@pytest.mark.parametrize("path", ["/mail", "/mail?verdict=ok", "/mail/live", "/mail/T-004"])
async def test_where_nobody_can_see_is_always_said(reader, path):
    page = (await reader.get(path)).text
    assert "Where we cannot see" in page
    spots = page.split('id="blind-spots"')[1].split("</ul>")[0]
    assert spots.count("<li>") == len(BlindSpot)


async def test_a_verdict_is_a_word_and_a_shape_not_a_colour_alone(reader):
    row = (await reader.get("/mail?verdict=violation")).text.split('id="mailbox-1"')[1].split("</tr>")[0]
    assert "Sends mail outside" in row
    assert '<path d="M6 1l5.5 10H.5z"/>' in row
    assert "gmail.example" in row
    assert "in force" in row


async def test_a_rule_that_was_switched_off_is_shown_off_and_by_whom(reader):
    page = (await reader.get("/mail/T-007")).text
    for said in (
        "not in force",
        "Switched off",
        "by the server",
        "Told by mail to which domain a rule sent mail",
    ):
        assert said in page, said
    assert "by the holder&#39;s laptop" in (await reader.get("/mail/T-008")).text


@pytest.mark.parametrize(
    ("notice", "said"),
    [
        (None, "Not told yet."),
        (NoticeState.PLANNED, "Not told yet."),
        (NoticeState.SENDING, "Not told yet."),
        (NoticeState.UNCONFIRMED, "whether it was taken, nobody can tell"),
        (NoticeState.FAILED, "people were asked to tell them"),
        (NoticeState.BY_HAND, "people were asked to tell them"),
        (NoticeState.SKIPPED, "there was nothing to tell any more"),
    ],
)
async def test_nobody_is_said_to_be_told_who_was_not(reader, queries, notice, said):
    row = next(row for row in queries.post.boxes if row.person == "T-007")
    findings = (replace(row.findings[0], fix=replace(row.findings[0].fix, notice=notice)),)
    queries.post.boxes = (replace(row, findings=findings),)
    told = (await reader.get("/mail/T-007")).text.split('id="told"')[1].split("</section>")[0]
    assert said in told
    assert "Told by mail" not in told


async def test_a_mailbox_that_cannot_be_read_says_why(reader):
    assert "It could not be read: MailboxNotEnabledForRESTAPI" in (await reader.get("/mail/T-005")).text
    assert "The tenant has no account with the register" in (await reader.get("/mail/T-006")).text


async def test_many_findings_are_cut_in_the_list_and_whole_on_the_mailboxs_page(reader):
    row = (await reader.get("/mail?verdict=violation")).text.split('id="mailbox-3"')[1]
    row = row.split("</tr>")[0]
    assert row.count("Could not be switched off") == 3
    assert "2 more" in row
    one = (await reader.get("/mail/T-003")).text.split('id="fixes"')[0]
    assert one.count("Could not be switched off") == 5


async def test_a_long_list_has_pages_that_work_as_links(reader, queries):
    first = (await reader.get("/mail?verdict=ok")).text
    assert first.count('role="rowheader"') == 100
    assert "Page 1 of 3" in first
    assert 'rel="next" href="/mail?verdict=ok&amp;page=2"' in first
    last = (await reader.get("/mail?verdict=ok&page=3")).text
    assert last.count('role="rowheader"') == 23
    assert 'rel="prev" href="/mail?verdict=ok&amp;page=2"' in last
    assert 'rel="next"' not in last
    assert queries.post.asked[-1] == MailFilter(standing=Standing.OK, page=3)


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=%00", "page=999999999", "verdict=melted"])
async def test_a_filter_that_makes_no_sense_is_as_if_it_were_not_asked(reader, queries, query):
    assert (await reader.get(f"/mail?{query}")).status_code == 200
    assert queries.post.asked[-1] == MailFilter()


async def test_the_filter_stays_in_the_form_and_in_the_live_address(reader):
    page = (await reader.get("/mail?text=Hav&verdict=ok")).text
    assert 'value="Hav"' in page
    assert '<option value="ok" selected>' in page
    assert 'hx-get="/mail/live?text=Hav&amp;verdict=ok"' in page
    assert "hx-get" not in (await reader.get("/mail?live=off")).text


async def test_nobody_of_this_id_is_a_page_that_says_so(reader):
    page = await reader.get("/mail/nobody")
    assert page.status_code == 404
    assert "The register knows nobody with this id." in page.text


async def test_an_id_with_a_slash_has_a_page_too(reader, queries):
    queries.post.boxes = (replace(queries.post.boxes[0], person="a/b"),)
    assert 'href="/mail/a%2Fb"' in (await reader.get("/mail")).text
    page = await reader.get("/mail/a%2Fb")
    assert page.status_code == 200
    assert 'hx-get="/mail/a%2Fb/live"' in page.text
    assert (await reader.get("/mail/a%2Fb/live")).status_code == 200


async def test_hostile_names_domains_and_codes_are_only_text(reader, queries):
    first = queries.post.boxes[0]
    finding = replace(first.findings[0].finding, target_domain=HOSTILE, rule_id=HOSTILE)
    hostile = replace(
        first,
        name=HOSTILE,
        person="evil",
        error=HOSTILE,
        findings=(replace(first.findings[0], finding=finding),),
    )
    queries.post.boxes = (hostile,)
    for path in ("/mail", "/mail/evil", f"/mail?text={HOSTILE}"):
        page = (await reader.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


async def test_what_is_allowed_stands_apart_from_what_ran_out_or_was_withdrawn(reader):
    page = (await reader.get("/mail/allowed")).text
    in_force, over = page.split('id="in-force"')[1].split('id="over"')
    assert "partner.example" in in_force
    assert "KH 12.5.2029 § 88" in in_force
    assert "old.example" in over
    assert "Ran out" in over
    assert "gone.example" in over
    assert "Withdrawn" in over
    assert "partner.example" not in over


async def test_without_decisions_to_take_there_is_no_form(reader):
    page = (await reader.get("/mail/allowed")).text
    assert 'action="/mail/allowed' not in page
    assert (await reader.post("/mail/allowed", data={})).status_code == 405


async def test_a_domain_is_allowed_through_its_last_day_under_the_persons_id(decider, decisions):
    form = {"domain": "new.example", "decision": "KH § 9", "last_day": "2029-12-31"}
    answer = await decider.post("/mail/allowed", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/mail/allowed")
    (asked,) = decisions.allowed
    assert (asked.domain, asked.decision, asked.by) == ("new.example", "KH § 9", "administrator")
    assert asked.until == datetime(2029, 12, 31, 22, tzinfo=UTC)


async def test_a_domain_is_withdrawn_from_its_row(decider, decisions):
    page = (await decider.get("/mail/allowed")).text
    assert 'name="domain" value="partner.example"' in page
    answer = await decider.post("/mail/allowed/withdraw", data={"domain": "partner.example"})
    assert answer.status_code == 303
    assert decisions.withdrawn == [("partner.example", "administrator")]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"domain": "x.example", "decision": " ", "last_day": "2029-12-31"}, 400),
        ({"domain": "x.example", "decision": "§ 1", "last_day": "tomorrow"}, 400),
        ({"domain": "x.example", "decision": "§ 1"}, 400),
        ({"domain": "x" * 300, "decision": "§ 1", "last_day": "2029-12-31"}, 400),
    ],
)
async def test_a_decision_that_is_incomplete_is_the_readers_to_correct(decider, decisions, form, status):
    assert (await decider.post("/mail/allowed", data=form)).status_code == status
    assert decisions.allowed == []


@pytest.mark.parametrize("path", ["/mail/allowed", "/mail/allowed/withdraw"])
async def test_another_sites_form_decides_nothing(decider, decisions, path):
    form = {"domain": "partner.example", "decision": "§ 1", "last_day": "2029-12-31"}
    answer = await decider.post(path, data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert (decisions.allowed, decisions.withdrawn) == ([], [])


async def test_no_page_of_mail_changes_anything_when_it_is_looked_at(decider, decisions):
    for path in ("/mail", "/mail/T-001", "/mail/allowed", "/mail/live", "/mail/T-001/live"):
        page = await decider.get(path)
        assert page.status_code == 200
        assert not re.findall(r'<form[^>]*method="get"[^>]*action="(?!/mail")', page.text)
    assert (decisions.allowed, decisions.withdrawn) == ([], [])
