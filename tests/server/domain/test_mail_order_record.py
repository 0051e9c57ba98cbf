"""A laptop's order as it is kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tenure_policies.forwarding.mail_order import MailOrder
from tenure_server.domain.ids import DeviceId, PersonId
from tenure_server.domain.mail_order_record import MAIL_ORDERS, MailOrderRecord, leases
from tenure_server.domain.record import decode_record, encode_record

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
ORDER = MailOrder(
    municipality="kuntala", device="device-1", epoch=2, number=7, issued=NOW, expires=NOW + timedelta(days=7),
    address="aino@kuntala.example", language="fi", authority="https://login.example/tenant",
    client_id="client", graph="https://graph.example/v1.0", partner_domains=("kuntaliitto.example",),
    fix_until=NOW + timedelta(hours=24),
)  # fmt: skip
RECORD = MailOrderRecord(
    device=DeviceId("device-1"), person=PersonId("aino"), at=NOW, order=ORDER, leased_until=ORDER.fix_until
)


def test_an_order_is_kept_whole_so_that_it_can_be_signed_again():
    assert decode_record(MAIL_ORDERS, encode_record(RECORD)) == RECORD


def test_the_newest_lease_of_any_laptop_counts_even_if_its_order_is_over():
    over = replace(RECORD, ended_at=NOW, leased_until=NOW + timedelta(hours=30))
    found = leases([RECORD, over, replace(RECORD, leased_until=None)])
    assert found == {"aino": NOW + timedelta(hours=30)}


def test_a_mailbox_that_no_laptop_was_ever_given_has_no_lease():
    assert leases([]) == {}
    assert leases([replace(RECORD, leased_until=None)]) == {}


def test_a_laptop_has_one_record_for_each_person_it_was_asked_about():
    assert RECORD.id == "device-1/aino"
    assert RECORD.subject == "device-1"
    assert RECORD.is_open
    assert not replace(RECORD, ended_at=NOW).is_open
