from fakes.city import City, instant, large_city
from tenure_server.domain.held_laptops import held_laptops
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandates_of import mandates_of

AT = instant("2029-01-01")


def test_a_lent_laptop_is_its_holders_and_what_is_gone_or_no_laptop_is_nobodys() -> None:
    city = City().laptop("L1", "a", since="2026-01-01").lend("L1", "b", since="2028-01-01")
    city.device("L2").hand_over("L2", "a", since="2026-01-01", until="2027-01-01", reason="lost")
    city.device("T", "terminal").hand_over("T", "a", since="2026-01-01")
    city.device("L3").hand_over("L3", "point", since="2026-01-01", holder_type="location")
    found = [(laptop.serial, person, since) for laptop, person, since in held_laptops(city.facts(), AT)]
    assert found == [("L1", "a", instant("2026-01-01"))]


def test_every_laptop_of_a_large_city_is_found_once() -> None:
    assert len(list(held_laptops(large_city(300), instant("2029-05-20")))) == 300


def test_mandates_are_found_for_who_is_asked_for() -> None:
    facts = City().seat("a").seat("a", "board").seat("b").facts()
    found = mandates_of(facts, {PersonId("a"), PersonId("nobody")})
    assert {person: len(rows) for person, rows in found.items()} == {"a": 2, "nobody": 0}
