"""Every difference an import would make, and what would follow from it."""

from dataclasses import replace

from fakes.city import City, day_end, instant, policy
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId
from tenure_server.domain.possession_change import possession_change
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.register_change import register_change
from tenure_server.domain.register_preview import (
    Change,
    FieldChange,
    Matter,
    Preview,
    preview,
    preview_digest,
    with_possessions,
)

AT = instant("2029-03-01")


def council(**aino: object) -> City:
    city = City().seat("aino", **{"until": "2029-05-31", **aino})  # type: ignore[arg-type]
    for number in range(12):
        city.seat(f"p{number:02d}", until="2033-05-31")
    return city.laptop("L1", "aino")


def shown(before: City, after: City, **lists: object) -> Preview:
    known, new = before.facts(), after.facts()
    read = RegisterRead(people=dict(new.people), bodies=dict(new.bodies), mandates=new.mandates)
    change = register_change(known, read, AT, register_date=AT)
    wanted = with_possessions(change.facts, possession_change(change.facts, new))
    return preview(known, wanted, change, policy(), AT, digest="d")


def differences(found: Preview) -> list[tuple[str, str]]:
    return [(one.matter.value, one.change.value) for one in found.differences]


def test_the_same_register_shows_nothing() -> None:
    found = shown(council(), council())
    assert (found.differences, found.states, found.effects) == ((), (), ())


def test_a_new_mandate_is_shown_with_everything_that_it_says() -> None:
    found = shown(council(), council().seat("aino", "board", until="2027-05-31"))
    added = next(one for one in found.differences if one.matter is Matter.MANDATE)
    assert added.change is Change.ADDED
    assert dict(added.key) == {
        "person_ext_id": "aino",
        "body_ext_id": "board",
        "seat_type": "ordinary",
        "valid_from": "2025-06-01",
    }
    assert FieldChange(column="valid_to", was="", now="2027-05-31") in added.fields
    assert (Matter.BODY, Change.ADDED) in {(one.matter, one.change) for one in found.differences}


def test_an_end_is_shown_field_by_field_and_what_follows_from_it() -> None:
    found = shown(council(), council(until="2029-02-20", basis="removed", decided="KV 9 §"))
    (ended,) = found.differences
    assert ended.change is Change.ENDED
    assert {(one.column, one.was, one.now) for one in ended.fields} == {
        ("valid_to", "2029-05-31", "2029-02-20"),
        ("end_basis", "term", "removed"),
        ("end_decision_ref", "", "KV 9 §"),
    }
    (state,) = found.states
    assert (state.serial, state.holder, state.was, state.now) == ("L1", "aino", "active", "wiped")
    moved = {(one.verb.value, one.was, one.now) for one in found.effects if one.serial == "L1"}
    assert ("lock", day_end("2029-05-31"), day_end("2029-02-20")) in moved
    assert ("wipe", day_end("2029-06-01"), day_end("2029-02-21")) in moved
    assert {one.verb.value for one in found.effects if one.serial is None} == {
        "block_sign_in",
        "close_mailbox",
    }


def test_an_extension_shows_the_lock_that_moves_away() -> None:
    found = shown(council(), council(until="2029-06-30"))
    assert [one.change for one in found.differences] == [Change.CHANGED]
    lock = next(one for one in found.effects if one.verb.value == "lock")
    assert (lock.was, lock.now, lock.person) == (day_end("2029-05-31"), day_end("2029-06-30"), "aino")


def test_a_lock_that_would_go_is_shown_as_gone() -> None:
    found = shown(council(), council(until=None))
    lock = next(one for one in found.effects if one.verb.value == "lock")
    assert (lock.was, lock.now) == (day_end("2029-05-31"), None)


def test_a_missing_row_is_shown_as_kept() -> None:
    smaller = council()
    smaller.mandates.pop()
    found = shown(council(), smaller)
    assert differences(found) == [("mandate", "unmatched")]
    assert found.effects == ()


def test_a_name_and_an_address_that_change_are_shown() -> None:
    renamed = council()
    person = renamed.people[PersonId("aino")]
    renamed.people[PersonId("aino")] = replace(person, family_name="Toinen", email_city="a@kuntala.example")
    (one,) = shown(council(), renamed).differences
    assert (one.matter, one.change, one.key["person_ext_id"]) == (Matter.PERSON, Change.CHANGED, "aino")
    assert {(each.column, each.was, each.now) for each in one.fields} == {
        ("family_name", "Esimerkki", "Toinen"),
        ("email_city", "", "a@kuntala.example"),
    }


def test_devices_custody_agreements_and_holds_are_shown() -> None:
    after = (
        council().device("T", "terminal").hand_over("T", "point", since="2029-02-01", holder_type="location")
    )
    after.agree("point", since="2029-02-01", until="2029-12-31").hold("aino", since="2029-02-01")
    found = shown(council(), after)
    assert differences(found) == [
        ("device", "added"),
        ("custody", "added"),
        ("agreement", "added"),
        ("hold", "added"),
    ]
    wipe = next(one for one in found.effects if one.serial == "L1" and one.verb.value == "wipe")
    assert [need.value for need in wipe.needs] == ["hold_release"]


def test_the_digest_is_another_one_when_what_is_known_or_what_was_read_is() -> None:
    known, wanted = council().facts(), council(until="2029-06-30").facts()
    first = preview_digest(known, wanted, "file")
    held = council().hold("aino", since="2029-01-01").facts()
    assert first == preview_digest(council().facts(), council(until="2029-06-30").facts(), "file")
    assert len({first, *_others(held, known, wanted)}) == 5


def _others(held: Facts, known: Facts, wanted: Facts) -> list[str]:
    return [
        preview_digest(held, wanted, "file"),
        preview_digest(known, known, "file"),
        preview_digest(known, wanted, "another"),
        preview_digest(wanted, known, "file"),
    ]
