"""What the dashboard is told of mailboxes, read from the real database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.city import City
from fakes.town import Town, town
from tenure_policies.forwarding.verdicts import BlindSpot, Finding, FindingKind, MailVerdict, Reason
from tenure_server.adapters.database.record_queries import RecordQueries
from tenure_server.domain.due_notices import FORWARD_OFF
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import (
    ALLOWED_DOMAINS,
    FIXING_SWITCHES,
    LAST_CHECKS,
    MAILBOX_STATES,
    RULE_FIXES,
    AllowedDomain,
    FixingSwitch,
    FixState,
    LastCheck,
    LookedAtBy,
    MailboxState,
    RuleFix,
)
from tenure_server.domain.notice import NOTICES, Notice, NoticeState
from tenure_server.domain.record import Record, RecordKind
from tenure_server.usecases.answer_dashboard import StoredAnswers
from tenure_server.usecases.mail_views import PAGE_SIZE, AllowanceState, MailFilter, MailGlance, Standing
from tenure_server.usecases.views import LaptopFilter

FORWARD = Finding(
    kind=FindingKind.RULE,
    reason=Reason.OUTSIDE_DOMAIN,
    rule_id="r1",
    target_domain="gmail.example",
    outside=True,
)
DAY = timedelta(days=1)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(
            City()
            .seat("aino", until="2029-05-31")
            .seat("bert", until="2029-05-31")
            .seat("cila", until="2029-05-31")
            .seat("elin", "election", until="2029-05-31")
        )
        yield started


def answers(here: Town) -> StoredAnswers:
    return StoredAnswers(here.store, here.clock, here.terms)


def state(here: Town, person: str, verdict: MailVerdict = MailVerdict.OK, **fields: Any) -> MailboxState:
    given = {"at": here.now, "checked_at": here.now, "by": LookedAtBy.SERVER, "user": f"u-{person}"}
    return MailboxState(person=PersonId(person), verdict=verdict, **{**given, **fields})


def fix(here: Town, number: int = 1, **fields: Any) -> RuleFix:
    given = {"by": LookedAtBy.SERVER, "state": FixState.DONE, "done_at": here.now, "told_at": here.now}
    return RuleFix(
        person=PersonId("aino"),
        user="u-aino",
        rule="r1",
        number=number,
        at=here.now + timedelta(minutes=number),
        target_domains=("gmail.example",),
        **{**given, **fields},
    )


def finished(here: Town, **fields: Any) -> LastCheck:
    return LastCheck(**{"at": here.now, "finished_at": here.now, "mailboxes": 3, "looked_at": 3, **fields})


async def know(here: Town, kind: RecordKind[Any], *records: Record) -> None:
    async with here.store.writing() as tx:
        for record in records:
            assert await tx.records.add(kind, record)


async def test_who_is_entitled_and_was_not_looked_at_is_told_apart_from_who_is_well(here: Town) -> None:
    await know(here, MAILBOX_STATES, state(here, "aino"), state(here, "bert", MailVerdict.UNKNOWN))

    found = await answers(here).mail(MailFilter())

    assert [(row.person, row.standing) for row in found.rows] == [
        ("bert", Standing.UNKNOWN),
        ("cila", Standing.NOT_LOOKED_AT),
        ("aino", Standing.OK),
    ]
    assert found.counts == {
        Standing.VIOLATION: 0,
        Standing.UNKNOWN: 1,
        Standing.NOT_LOOKED_AT: 1,
        Standing.OK: 1,
    }
    assert found.rows[0].name == "Bert Esimerkki"


async def test_before_anything_was_looked_at_every_blind_spot_is_named(here: Town) -> None:
    found = await answers(here).mail(MailFilter())

    assert found.check is None
    assert found.blind_spots == tuple(BlindSpot)
    assert not found.fixing.on
    assert (await answers(here).laptops(LaptopFilter())).at_a_glance.mail == MailGlance(
        blind_spots=len(BlindSpot)
    )


async def test_the_newest_word_on_fixing_holds(here: Town) -> None:
    on = FixingSwitch(at=here.now, on=True, decision="KH § 5", by="it")
    await know(here, FIXING_SWITCHES, on, FixingSwitch(at=here.now + DAY, on=False, decision="", by="it"))

    assert not (await answers(here).mail(MailFilter())).fixing.on

    await know(here, FIXING_SWITCHES, replace(on, at=here.now + 2 * DAY, decision="KH § 9"))
    fixing = (await answers(here).mail(MailFilter())).fixing
    assert (fixing.on, fixing.decision) == (True, "KH § 9")


async def test_a_finding_carries_the_newest_fix_of_its_rule(here: Town) -> None:
    await know(here, MAILBOX_STATES, state(here, "aino", MailVerdict.VIOLATION, findings=(FORWARD,)))
    again = fix(here, 2, state=FixState.FAILED, done_at=None, told_at=None)
    await know(here, RULE_FIXES, fix(here), again)

    (row,) = (await answers(here).mail(MailFilter(standing=Standing.VIOLATION))).rows
    page = await answers(here).mailbox(PersonId("aino"))

    assert row.findings[0].fix is not None
    assert row.findings[0].fix.state is FixState.FAILED
    assert row.findings[0].since == again.at
    assert page is not None
    assert page.mailbox == row
    assert [one.state for one in page.fixes] == [FixState.FAILED, FixState.DONE]
    assert page.fixes[1].told_at == here.now


async def test_what_became_of_the_mail_to_the_trustee_stands_with_the_fix(here: Town) -> None:
    found = fix(here)
    await know(here, MAILBOX_STATES, state(here, "aino"))
    await know(here, RULE_FIXES, found, fix(here, 2, told_at=None))
    told = Notice(
        person="aino", key=FORWARD_OFF, about=found.at, at=here.now, rule="P23", state=NoticeState.BY_HAND
    )
    await know(here, NOTICES, told, replace(told, key="T-30", state=NoticeState.SENT))

    page = await answers(here).mailbox(PersonId("aino"))

    assert page is not None
    assert [one.notice for one in page.fixes] == [None, NoticeState.BY_HAND]


async def test_nothing_found_long_ago_is_not_well_any_more(here: Town) -> None:
    await know(here, MAILBOX_STATES, state(here, "aino"))
    await know(here, LAST_CHECKS, finished(here, mailboxes=1, looked_at=1))
    here.goes_to(here.now + 2 * DAY)

    found = await answers(here).mail(MailFilter(standing=Standing.UNKNOWN))

    assert [(row.person, row.stale) for row in found.rows] == [("aino", True)]
    assert (await answers(here).laptops(LaptopFilter())).at_a_glance.mail.unknown == 1


async def test_a_mailbox_that_is_gone_counts_nowhere_and_its_page_says_since_when(here: Town) -> None:
    gone = state(here, "elin", MailVerdict.VIOLATION, findings=(FORWARD,), gone_at=here.now)
    await know(here, MAILBOX_STATES, gone)

    assert "elin" not in {row.person for row in (await answers(here).mail(MailFilter())).rows}
    page = await answers(here).mailbox(PersonId("elin"))
    assert page is not None
    assert page.mailbox.gone_at == here.now


async def test_nobody_of_an_unknown_id_has_a_page(here: Town) -> None:
    assert await answers(here).mailbox(PersonId("nobody")) is None
    page = await answers(here).mailbox(PersonId("cila"))
    assert page is not None
    assert page.mailbox.standing is Standing.NOT_LOOKED_AT


@pytest.mark.parametrize(("text", "found"), [("AINO", ["aino"]), ("gmail", ["aino"]), ("esimerkki x", [])])
async def test_a_mailbox_is_found_by_name_and_by_target_domain(
    here: Town, text: str, found: list[str]
) -> None:
    await know(here, MAILBOX_STATES, state(here, "aino", MailVerdict.VIOLATION, findings=(FORWARD,)))

    assert [row.person for row in (await answers(here).mail(MailFilter(text=text))).rows] == found


async def test_the_overview_counts_what_somebody_should_look_at(here: Town) -> None:
    forwards = state(here, "aino", MailVerdict.VIOLATION, findings=(FORWARD,))
    await know(here, MAILBOX_STATES, forwards, state(here, "bert", MailVerdict.UNKNOWN), state(here, "cila"))
    await know(here, LAST_CHECKS, finished(here, blind_spots=("hidden_rules", "a_new_one")))

    glance = (await answers(here).laptops(LaptopFilter())).at_a_glance.mail

    assert glance == MailGlance(violations=1, unknown=1, blind_spots=2)


async def test_the_allow_list_tells_what_holds_from_what_ran_out_or_was_withdrawn(here: Town) -> None:
    allowed = AllowedDomain(
        domain="partner.example", at=here.now - 9 * DAY, decision="KH § 1", until=here.now + DAY, by="it"
    )
    await know(
        here,
        ALLOWED_DOMAINS,
        replace(allowed, domain="gone.example", withdrawn_at=here.now),
        replace(allowed, domain="old.example", until=here.now),
        allowed,
    )

    rows = (await answers(here).allowances()).rows

    assert [(row.domain, row.state) for row in rows] == [
        ("partner.example", AllowanceState.IN_FORCE),
        ("old.example", AllowanceState.EXPIRED),
        ("gone.example", AllowanceState.WITHDRAWN),
    ]


async def test_a_long_list_is_cut_into_pages_and_each_record_is_read_once(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 2 * PAGE_SIZE + 5
    await know(here, MAILBOX_STATES, *(state(here, f"p{number:04d}") for number in range(count)))
    read: list[str] = []
    whole = RecordQueries.all

    async def counted(self: RecordQueries, kind: RecordKind[Any], **wanted: Any) -> Any:
        read.append(kind.name)
        return await whole(self, kind, **wanted)

    monkeypatch.setattr(RecordQueries, "all", counted)
    last = await answers(here).mail(MailFilter(standing=Standing.OK, page=99))

    assert (last.page, last.pages, last.matching, len(last.rows)) == (3, 3, count, 5)
    assert read.count(MAILBOX_STATES.name) == 1
    read.clear()
    await answers(here).laptops(LaptopFilter())
    assert read.count(MAILBOX_STATES.name) == 1
