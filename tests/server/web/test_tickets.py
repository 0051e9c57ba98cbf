"""A ticket or nonce is ours, fresh and unaltered, or it is nothing."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from tenure_server.domain.ids import DeviceId
from tenure_server.web.tickets import Ticket, Tickets

NOW = datetime(2029, 5, 1, 9, tzinfo=UTC)
TICKETS = Tickets(b"s" * 32)
TICKET = Ticket(device=DeviceId("device-1"), epoch=2, news=7)


def test_a_ticket_reads_back_as_it_was_written() -> None:
    assert TICKETS.read_ticket(TICKETS.ticket(TICKET, NOW), NOW + timedelta(hours=23)) == TICKET


def test_a_ticket_is_void_after_a_day() -> None:
    assert TICKETS.read_ticket(TICKETS.ticket(TICKET, NOW), NOW + timedelta(hours=24, seconds=1)) is None


def test_a_ticket_of_another_installation_is_void() -> None:
    assert Tickets(b"t" * 32).read_ticket(TICKETS.ticket(TICKET, NOW), NOW) is None


@given(st.integers(0, 200), st.characters())
def test_a_ticket_with_any_character_changed_is_void(place: int, other: str) -> None:
    text = TICKETS.ticket(TICKET, NOW)
    place %= len(text)
    changed = text[:place] + other + text[place + 1 :]
    assert changed == text or TICKETS.read_ticket(changed, NOW) is None


@given(st.text())
@example("\ud800")
@example("device-1.2.7.\ud800.0")
def test_no_text_makes_reading_a_ticket_or_nonce_fail(text: str) -> None:
    assert TICKETS.read_ticket(text, NOW) is None
    assert not TICKETS.is_nonce(text, NOW)


def test_a_nonce_is_good_for_five_minutes_and_never_before_it_was_made() -> None:
    nonce = TICKETS.nonce(NOW)
    assert TICKETS.is_nonce(nonce, NOW + timedelta(minutes=5))
    assert not TICKETS.is_nonce(nonce, NOW + timedelta(minutes=5, seconds=1))
    assert not TICKETS.is_nonce(nonce, NOW - timedelta(seconds=1))


def test_a_ticket_is_no_nonce_and_a_nonce_no_ticket() -> None:
    assert not TICKETS.is_nonce(TICKETS.ticket(TICKET, NOW), NOW)
    assert TICKETS.read_ticket(TICKETS.nonce(NOW), NOW) is None
