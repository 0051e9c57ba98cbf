"""What people have to do follows from how things stand, and so does what they need not do any more."""

from datetime import date

from fakes.city import City, instant, policy
from tenure_server.domain.end_tasks import needless, wanted_tasks
from tenure_server.domain.task import Task


def wanted(city: City, at: str) -> list[Task]:
    return list(wanted_tasks(city.facts(), policy(), instant(at)))


def kinds(city: City, at: str) -> list[tuple[str, str, str]]:
    return [(task.kind.value, task.subject, task.rule) for task in wanted(city, at)]


def test_the_estate_is_spoken_with_from_the_death_on() -> None:
    city = City().seat("a", until="2029-03-10", basis="death").laptop("L", "a")
    assert kinds(city, "2029-03-10") == []
    (task,) = wanted(city, "2029-03-11")
    assert (task.kind, task.at) == ("contact_estate", instant("2029-03-11"))
    assert "L" in str(task.why)


def test_an_estate_without_laptop_or_mailbox_is_left_in_peace() -> None:
    city = City().seat("a", "election", until="2029-03-10", basis="death")
    assert kinds(city, "2029-03-12") == []


def test_a_death_that_was_corrected_needs_nobody_any_more() -> None:
    dead = wanted(City().seat("a", until="2029-03-10", basis="death"), "2029-03-12")
    assert needless(dead, wanted(City().seat("a"), "2029-03-12")) == dead
    assert needless(dead, dead) == []


def test_a_laptop_whose_lease_ends_in_mid_term_is_swapped_and_one_that_ends_with_the_term_is_not() -> None:
    city = City().seat("a").device("L", lease_end=date(2027, 6, 30)).hand_over("L", "a", since="2025-06-02")
    assert kinds(city, "2027-05-05") == [("swap_device", "L", "P7")]
    assert kinds(city, "2027-01-05") == []
    leaves = City().seat("a", until="2027-06-15").device("L", lease_end=date(2027, 6, 30))
    assert kinds(leaves.hand_over("L", "a", since="2025-06-02"), "2027-05-05") == []


def test_a_city_laptop_is_asked_back_from_own_device_users_and_from_those_never_entitled() -> None:
    own = City().seat("a", choice="own").laptop("L", "a")
    never = City().seat("a", seat="deputy").laptop("L", "a")
    assert kinds(own, "2027-01-01") == [("return_case", "L", "P16")]
    assert kinds(never, "2027-01-01") == [("return_case", "L", "P8")]
    assert kinds(City().seat("a").laptop("L", "a"), "2027-01-01") == []
    assert kinds(City().seat("a", until="2026-01-01").laptop("L", "a"), "2027-01-01") == []


def test_an_agreement_is_to_be_registered_and_the_facts_do_not_close_that() -> None:
    city = City().agree("point", since="2025-09-01", until="2026-02-27")
    asked = wanted(city, "2025-09-02")
    assert [task.rule for task in asked] == ["V16"]
    assert needless(asked, ()) == []
