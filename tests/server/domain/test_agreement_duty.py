"""Agreements and their changes are registered within a month (V16)."""

from fakes.city import City, day_end, instant, policy
from tenure_server.domain.agreement_duty import agreement_tasks


def agreement(until: str | None) -> City:
    return City().agree("point", since="2025-09-01", until=until)


def test_an_agreement_is_registered_within_a_month_of_being_known() -> None:
    """V16; 15.9. in a month is Wednesday 15.10."""
    (task,) = agreement_tasks(agreement("2026-02-27").facts(), policy(), instant("2025-09-15T12:00:00+03:00"))
    assert (task.kind, task.due, task.rule) == ("register_agreement", day_end("2025-10-15"), "V16")
    assert "point" in str(task.why)


def test_an_extension_is_another_version_to_register_and_the_same_one_is_not() -> None:
    at = instant("2025-10-01")
    ids = [
        agreement_tasks(agreement(end).facts(), policy(), at)[0].id for end in ("2026-02-27", "2026-08-31")
    ]
    again = agreement_tasks(agreement("2026-02-27").facts(), policy(), instant("2025-12-01"))[0].id
    assert ids[0] != ids[1]
    assert again == ids[0]


def test_an_agreement_that_is_over_is_not_registered_any_more() -> None:
    assert agreement_tasks(agreement("2026-02-27").facts(), policy(), instant("2026-02-28")) == []
