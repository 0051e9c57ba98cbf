from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_server.domain.message import Message, say
from tenure_server.language import LANGUAGES, negotiate, translator

HELSINKI = ZoneInfo("Europe/Helsinki")
TERM_END = datetime(2029, 5, 31, 21, 0, tzinfo=UTC)


def test_finnish_swedish_and_english_are_offered_in_this_order():
    assert LANGUAGES[:3] == ("fi", "sv", "en")


def test_a_catalogue_is_loaded_for_finnish_and_swedish():
    finnish, swedish = translator("fi"), translator("sv")
    assert finnish.gettext("Laptops") == "Kannettavat"
    assert swedish.gettext("Laptops") == "Bärbara datorer"
    assert translator("en").gettext("Laptops") == "Laptops"


def test_a_language_that_is_not_offered_speaks_english():
    assert translator("xx").language == "en"


def test_the_term_end_is_the_first_of_june_in_helsinki():
    assert translator("fi").date(TERM_END, HELSINKI) == "1.6.2029"
    assert translator("sv").date(TERM_END, HELSINKI) == "1 juni 2029"
    assert translator("en").date(TERM_END, HELSINKI) == "1 Jun 2029"


def test_a_moment_carries_the_local_time():
    assert translator("fi").moment(TERM_END, HELSINKI) == "1.6.2029 klo 0.00"
    assert translator("en").moment(TERM_END, HELSINKI) == "1 Jun 2029, 00:00"


def test_a_span_is_said_in_words():
    assert translator("en").ago(timedelta(minutes=5)) == "5 minutes ago"
    assert translator("fi").ago(timedelta(minutes=5)) == "5 minuuttia sitten"
    assert translator("en").ago(timedelta(days=-3)) == "in 3 days"


def test_money_and_numbers_follow_the_language():
    assert translator("fi").money(Decimal("1049.90")).replace("\xa0", " ") == "1 049,90 €"
    assert translator("en").number(12345) == "12,345"
    assert translator("fi").percent(0.25).replace("\xa0", " ") == "25 %"


def test_each_language_names_itself():
    assert [translator(code).name() for code in ("fi", "sv", "en")] == ["Suomi", "Svenska", "English"]


def test_a_message_is_filled_after_it_is_translated():
    assert translator("en").say(say("{name} may hold it", name="Aino")) == "Aino may hold it"


@pytest.mark.parametrize(
    "message",
    [
        Message("{missing} of {x}", {"x": "1"}),
        Message("{0} positional", {"x": "1"}),
        Message("{x.nothing}", {"x": "1"}),
        Message("{broken", {"x": "1"}),
        Message("{x:%%}", {"x": "1"}),
    ],
)
def test_a_sentence_that_cannot_be_filled_is_said_as_it_stands(message):
    assert translator("fi").say(message) == message.sentence


@given(st.text())
def test_a_hostile_value_is_only_text(value):
    assert translator("sv").say(Message("<{x}>", {"x": value})) == f"<{value}>"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "fi"),
        ("", "fi"),
        ("sv-FI,sv;q=0.9,en;q=0.8", "sv"),
        ("de,en;q=0.5", "en"),
        ("en;q=0.2, fi;q=0.9", "fi"),
        ("de", "fi"),
        ("sv;q=0, en", "en"),
        ("sv;q=nonsense", "fi"),
        (";;;,,,q=1", "fi"),
    ],
)
def test_the_reader_gets_the_language_they_like_best(header, language):
    assert negotiate(header) == language


@given(st.text())
def test_any_header_chooses_an_offered_language(header):
    assert negotiate(header, default="sv") in LANGUAGES
