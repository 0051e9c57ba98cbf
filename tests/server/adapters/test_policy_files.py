from datetime import date, timedelta
from pathlib import Path

import pytest

from tenure_server.adapters.policy_files import (
    catalogue,
    term_document,
    term_policy,
)
from tenure_server.domain.errors import InputError
from tenure_server.domain.mandate import BodyType, Seat


def written(folder: Path, text: str) -> str:
    path = folder / "city.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_shipped_policy_is_a_proposal_with_the_documented_settings() -> None:
    policy = term_policy()
    assert (policy.status, policy.decision, policy.zone.key) == ("proposal", None, "Europe/Helsinki")
    assert (policy.wipe_after, policy.campaign_over, policy.register_fresh_days) == (timedelta(days=1), 3, 45)
    assert policy.laptop.seats == {Seat.ORDINARY, Seat.CHAIR, Seat.VICE_CHAIR}
    assert policy.mailbox.seats == set(Seat)
    assert BodyType.ELECTION not in policy.laptop.bodies | policy.mailbox.bodies


def test_the_shipped_holidays_reach_from_2025_to_2030() -> None:
    holidays = term_policy().holidays
    assert {day.year for day in holidays} == set(range(2025, 2031))
    assert {date(2029, 3, 30), date(2029, 5, 10), date(2029, 6, 22), date(2029, 12, 6)} <= holidays


def test_every_shipped_rule_cites_its_paragraph_in_three_languages() -> None:
    rules = {rule.id: rule for rule in term_document().rules}
    needed = {"P1", "P7", "P8", "P9", "P13", "P14", "P15", "P16", "P18", "P19", "P20", "P22", "P25", "V2"}
    assert needed <= rules.keys()
    assert all(rule.paragraph and rule.fi and rule.sv and rule.en for rule in rules.values())
    settings = {setting for rule in rules.values() for setting in rule.settings}
    assert settings <= set(term_document().__struct_fields__)


def test_the_catalogue_offers_policies_by_name() -> None:
    assert "term_end" in catalogue()


def test_a_file_changes_what_it_names_and_leaves_the_rest_at_its_default(tmp_path: Path) -> None:
    policy = term_policy(
        written(
            tmp_path,
            "status: adopted\ndecision: '§ 12'\nversion: 2\nwipe_after: P2W\nholidays: [2029-07-02]\n"
            "zone: Europe/Stockholm\nmailbox: {bodies: [council, election], seats: [chair]}\n",
        )
    )
    assert (policy.name, policy.version, policy.status, policy.decision) == ("city", "2", "adopted", "§ 12")
    assert (policy.wipe_after, policy.campaign_over) == (timedelta(days=14), 3)
    assert policy.holidays == {date(2029, 7, 2)}
    assert policy.mailbox.covers(BodyType.ELECTION, Seat.CHAIR)
    assert policy.laptop.covers(BodyType.AUDIT, Seat.VICE_CHAIR)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("wipe_afer: P1D", "wipe_afer"),
        ("laptop: {bodies: [council], seat: [chair]}", "laptop.seat"),
        ("zone: Europe/Turku", "zone"),
        ("zone: ../etc/passwd", "zone"),
        ("wipe_after: P1M", "wipe_after"),
        ("wipe_after: PT1H", "wipe_after"),
        ("wipe_after: 1", "wipe_after"),
        ("campaign_over: -1", "campaign_over"),
        ("register_fresh_days: many", "register_fresh_days"),
        ("status: decided", "status"),
        ("holidays: [midsummer]", "holidays"),
        ("laptop: {bodies: [senate], seats: [chair]}", "laptop.bodies"),
        ("term: {first_day: 2029-06-01, last_day: 2029-05-31}", "term.last_day"),
    ],
)
def test_a_key_that_cannot_be_used_is_named(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(InputError) as refusal:
        term_policy(written(tmp_path, text))
    assert f"The key {key}" in str(refusal.value.findings[0].why)


@pytest.mark.parametrize("text", ["a: [", "- a\n- b", "", "\x00"])
def test_what_is_no_policy_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        term_policy(written(tmp_path, text))


def test_neither_a_name_nor_a_file_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match="term_end"):
        term_policy("no_such_policy")
