"""The invented city is what the story needs, and nobody real."""

import csv
import io
from collections import Counter

from tenure_server.demo import city, holdings
from tenure_server.demo.names import invented_person


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def _this_term(body: str) -> list[dict[str, str]]:
    rows = _rows(city.mandates_csv())
    return [row for row in rows if row["body_ext_id"] == body and row["valid_from"] == "2025-06-01"]


def test_the_city_has_the_bodies_of_a_small_city_with_personal_deputies():
    assert len(_this_term("VALT")) == 27
    for body in ("KH", *(committee[0] for committee in city.COMMITTEES)):
        rows = _this_term(body)
        members = {row["person_ext_id"] for row in rows if row["seat_type"] != "deputy"}
        deputies = [row for row in rows if row["seat_type"] == "deputy"]
        assert len(members) == 9
        assert {row["deputy_for_person_ext_id"] for row in deputies} == members
        assert not members & {row["person_ext_id"] for row in deputies}
    assert len(city.COMMITTEES) == 5
    assert _this_term("KVLTK")[0]["body_type"] == "election"


def test_three_employees_are_also_trustees_and_half_of_the_people_speak_swedish():
    rows = _rows(city.mandates_csv())
    assert len({row["person_ext_id"] for row in rows if row["is_employee"] == "yes"}) == 3
    languages = Counter({row["person_ext_id"]: row["language"] for row in rows}.values())
    assert abs(languages["fi"] - languages["sv"]) <= 1


def test_no_two_people_share_a_name_and_no_seat_is_listed_twice():
    names = {invented_person(number) for number in city.EVERYBODY}
    assert len({(name.given, name.family) for name in names}) == len(city.EVERYBODY)
    keys = Counter(
        (row["person_ext_id"], row["body_ext_id"], row["seat_type"], row["valid_from"])
        for row in _rows(city.mandates_csv())
    )
    assert max(keys.values()) == 1


def test_re_elected_councillors_have_a_seat_in_the_next_council():
    rows = _rows(city.mandates_csv())
    following = {row["person_ext_id"] for row in rows if row["valid_from"] == "2029-06-01"}
    sitting = {row["person_ext_id"] for row in _this_term("VALT")}
    assert len(following) == 27
    assert len(following & sitting) == 15


def test_sixty_laptops_are_issued_or_in_stock_and_none_twice():
    serials = [row["serial"] for row in _rows(holdings.devices_csv())]
    primaries = [row for row in _rows(holdings.custody_csv()) if row["kind"] == "primary"]
    assert len(serials) == len(set(serials)) == 60
    assert sorted(row["serial"] for row in primaries) == sorted(serials)
    in_stock = [row["serial"] for row in primaries if row["holder_type"] == "stock"]
    assert holdings.REAL_SERIAL in in_stock
    assert 5 <= len(in_stock) <= 12


def test_nobody_with_an_own_computer_holds_a_city_laptop():
    holders = set(holdings.held_laptops().values())
    assert not holders & city.OWN_DEVICE
    assert holdings.REAL_HOLDER not in holders


def test_the_loans_are_to_the_holders_own_deputies():
    loans = [row for row in _rows(holdings.custody_csv()) if row["kind"] == "temporary"]
    deputies = {
        (row["deputy_for_person_ext_id"], row["person_ext_id"])
        for row in _rows(city.mandates_csv())
        if row["seat_type"] == "deputy"
    }
    held = {serial: city.person_id(citizen) for serial, citizen in holdings.held_laptops().items()}
    assert len(loans) == 2
    assert all((held[row["serial"]], row["holder_ext_id"]) in deputies for row in loans)


def test_the_files_are_written_as_they_are_read(tmp_path):
    holdings.write_files(tmp_path)
    assert (tmp_path / "mandates.csv").read_bytes().decode() == city.mandates_csv()
    assert {path.name for path in tmp_path.iterdir()} == {
        "mandates.csv",
        "devices.csv",
        "custody.csv",
        "holds.csv",
    }


def test_everybody_has_a_seat():
    assert {seat.citizen for seat in city.seats()} == set(city.EVERYBODY)
