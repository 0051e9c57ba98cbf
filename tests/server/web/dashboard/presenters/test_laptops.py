from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fakes.dashboard import HELSINKI, LAPTOPS, NOW, TERM_END, FakeDashboard
from tenure_server.domain.message import Message
from tenure_server.domain.plan import Reason
from tenure_server.language import translator
from tenure_server.usecases.mail_views import MailGlance
from tenure_server.usecases.views import LaptopFilter, Reported
from tenure_server.web.dashboard.presenters import glance, laptops
from tenure_server.web.dashboard.presenters.moments import Scribe

ENGLISH = Scribe(speak=translator("en"), zone=HELSINKI, now=NOW)


def test_a_right_that_ends_at_midnight_is_shown_by_its_last_day():
    ends = laptops.line(replace(LAPTOPS[0], ends=TERM_END), ENGLISH).ends
    assert ends.text == "31 May 2029"
    assert ends.exact == "1 Jun 2029, 00:00"
    assert ends.machine == "2029-05-31T21:00:00Z"


def test_an_instant_inside_a_reason_is_written_for_the_reader():
    reason = Reason(
        fact=Message("The right to it ended at {at}.", {"at": "2029-05-31T21:00:00+00:00"}), rule="P25"
    )
    assert laptops.why(reason, ENGLISH).text == "The right to it ended at 1 Jun 2029, 00:00."
    dated = Reason(fact=Message("On {day} it began.", {"day": "2025-06-01"}), rule="P25")
    assert laptops.why(dated, ENGLISH).text == "On 1 Jun 2025 it began."


@pytest.mark.parametrize("text", ["2029-05-31T21:00:00", "2029", "20290531", "2029-13-01", "PF2029-01-01"])
def test_a_text_that_only_looks_like_a_date_is_left_alone(text):
    reason = Reason(fact=Message("{it}", {"it": text}), rule="P25")
    assert laptops.why(reason, ENGLISH).text == text


async def test_the_count_tells_how_many_of_all_are_shown():
    view = await FakeDashboard().laptops(LaptopFilter(reported=Reported.UNPROVEN))
    assert laptops.present(view, ENGLISH).count == "1 of 60 laptops"


async def test_the_figures_lead_to_the_laptops_they_count():
    queries = FakeDashboard()
    view = await queries.laptops(LaptopFilter())
    figures = {
        figure.name: figure for card in glance.cards(view.at_a_glance, ENGLISH) for figure in card.figures
    }
    assert figures["within 30 days"].text == "3"
    assert figures["within 30 days"].href == "/laptops?ending=30"
    assert figures["wipes proven"].text == "3 of 4"
    assert figures["unproven"].grave
    assert figures["age of the register"].text == "4 days"
    assert not figures["age of the register"].grave
    assert "unencrypted" not in figures


async def test_an_old_or_missing_register_stands_out():
    at_a_glance = (await FakeDashboard().laptops(LaptopFilter())).at_a_glance
    for age, name in [(46, "age of the register"), (None, "register not imported")]:
        last = glance.cards(replace(at_a_glance, register_age_days=age), ENGLISH)[3].figures[-1]
        assert (last.name, last.grave) == (name, True)


async def test_the_overview_counts_forwards_and_what_cannot_be_told_and_leads_there():
    at_a_glance = (await FakeDashboard().laptops(LaptopFilter())).at_a_glance
    violations, unknown, blind = glance.cards(at_a_glance, ENGLISH)[4].figures
    assert (violations.text, violations.href, violations.grave) == ("3", "/mail?verdict=violation", True)
    assert (unknown.text, unknown.href) == ("3", "/mail?verdict=unknown")
    assert (blind.text, blind.href) == ("6", "/mail#blind-spots")


async def test_the_overview_does_not_say_none_where_nobody_has_looked():
    at_a_glance = (await FakeDashboard().laptops(LaptopFilter())).at_a_glance
    never = replace(at_a_glance, mail=MailGlance(blind_spots=6))
    first, blind = glance.cards(never, ENGLISH)[4].figures
    assert (first.name, first.text) == ("mailboxes not looked at", "–")  # noqa: RUF001
    assert blind.text == "6"


def test_the_form_keeps_what_was_chosen():
    form = laptops.filters(LaptopFilter(reported=Reported.LOCKED), ENGLISH)
    assert [option.value for option in form.reported if option.chosen] == ["locked"]
    assert [option.value for option in form.desired if option.chosen] == [""]
    assert form.in_force
    assert not laptops.filters(LaptopFilter(), ENGLISH).in_force


def test_how_long_ago_is_told_from_the_installations_time_not_the_browsers():
    row = replace(LAPTOPS[0], last_seen=datetime(2029, 5, 31, 8, tzinfo=UTC))
    assert laptops.line(row, ENGLISH).last_seen.text == "2 days ago"
