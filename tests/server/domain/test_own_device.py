"""City laptops of people who use a computer of their own (P16)."""

from fakes.city import City, instant, policy
from tenure_server.domain.ids import PersonId
from tenure_server.domain.own_device import (
    OWN_DEVICE_STATEMENTS,
    OwnDeviceStatement,
    laptops_to_bring_back,
)
from tenure_server.domain.record import decode_record, encode_record


def test_whoever_chose_an_own_computer_brings_the_city_laptop_back() -> None:
    """Case 21."""
    city = City().seat("a", choice="own").laptop("L", "a").seat("b").laptop("M", "b")
    (task,) = laptops_to_bring_back(city.facts(), policy(), instant("2029-01-01"))
    assert (task.kind, task.subject, task.reference, task.due) == ("return_case", "L", "a", None)


def test_nobody_brings_back_what_was_returned_or_what_a_leaver_still_has() -> None:
    back = City().seat("a", choice="own").device("L")
    back.hand_over("L", "a", since="2026-01-01", until="2026-05-01", reason="returned")
    over = City().seat("a", choice="own", until="2028-12-31").laptop("L", "a")
    for city in (back, over):
        assert laptops_to_bring_back(city.facts(), policy(), instant("2029-01-02")) == []


def test_a_statement_is_kept_as_a_document() -> None:
    kept = OwnDeviceStatement(
        person=PersonId("a"),
        version="1",
        language="fi",
        text="Omalla vastuulla.",
        signed_at=instant("2029-01-01"),
    )
    assert decode_record(OWN_DEVICE_STATEMENTS, encode_record(kept)) == kept
    assert (kept.subject, kept.is_open) == ("a", False)
