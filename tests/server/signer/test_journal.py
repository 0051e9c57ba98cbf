import sqlite3
import stat
import threading
from datetime import timedelta

import pytest

from fakes.keys import city_with_signer
from fakes.signer import DUE, Laptop, manifest_of
from tenure_policies.envelope import digest
from tenure_server.signer.decide import Hold, Standing, release_of
from tenure_server.signer.errors import ClockWentBackError, JournalError
from tenure_server.signer.journal import Journal, Stop
from tenure_server.signer.settings import SignerSettings

SETTINGS = SignerSettings(municipality="kuntala", server="https://tenure.example", audience="tenure:kuntala")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "journal.sqlite"
    Journal.create(path).close()
    return path


@pytest.fixture
def journal(path):
    opened = Journal.open(path)
    yield opened
    opened.close()


def record(journal, number=1, *, now=DUE, campaign=False, judge=lambda _standing: None):
    laptop = Laptop(number=number)
    manifest = manifest_of(laptop, campaign=campaign, rate_per_hour=9)
    release = release_of(laptop.entry(), manifest, "f" * 64, settings=SETTINGS, now=now)
    return journal.record(release, manifest_id=manifest.id, campaign=campaign, now=now, judge=judge)


def standing(journal, now):
    seen = []

    def look(found: Standing):
        seen.append(found)
        return Hold.STOPPED

    record(journal, 999, now=now, judge=look)
    return seen[0]


def test_the_file_is_for_its_owner_only_and_never_replaced(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(JournalError):
        Journal.create(path)


def test_every_write_is_on_the_disk_before_the_next_step(journal):
    assert journal._one("PRAGMA synchronous")[0] == 2
    assert journal._one("PRAGMA journal_mode")[0] == "wal"


def test_a_missing_journal_is_not_begun_anew_by_mistake(tmp_path):
    with pytest.raises(JournalError, match="no signer's journal"):
        Journal.open(tmp_path / "absent.sqlite")


def test_a_journal_of_another_version_is_refused(path):
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalError, match="version 99"):
        Journal.open(path)


def test_a_file_that_is_no_journal_is_refused(tmp_path):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"not a database, but long enough to be looked at" * 99)
    with pytest.raises(JournalError, match="cannot be used"):
        Journal.open(path)


def test_a_lock_has_one_release_ever(journal):
    assert record(journal) is None
    with pytest.raises(JournalError):
        record(journal)
    assert len(journal.releases()) == 1


def test_what_is_held_leaves_no_trace(journal):
    assert record(journal, judge=lambda _standing: Hold.HOURLY_CAP) is Hold.HOURLY_CAP
    assert not journal.releases()


def test_the_counts_look_back_an_hour_and_a_day(journal):
    for number, ago in ((1, 23), (2, 2), (3, 0.5)):
        record(journal, number, now=DUE - timedelta(hours=ago))
    record(journal, 4, now=DUE, campaign=True)
    found = standing(journal, DUE)
    assert (found.ordinary_last_hour, found.ordinary_last_day, found.all_campaigns_last_hour) == (1, 3, 1)
    later = standing(journal, DUE + timedelta(hours=2))
    assert (later.ordinary_last_hour, later.ordinary_last_day, later.all_campaigns_last_hour) == (0, 2, 0)


def test_the_counts_are_kept_by_a_signer_that_starts_again(path):
    first = Journal.open(path)
    record(first)
    first.close()
    second = Journal.open(path)
    assert standing(second, DUE).ordinary_last_day == 1
    second.close()


def test_two_signers_over_one_journal_share_the_last_place_under_a_cap(path):
    def one_place(found):
        return Hold.DAILY_CAP if found.ordinary_last_day else None

    first, second = Journal.open(path), Journal.open(path)
    assert record(first, 1, judge=one_place) is None
    assert record(second, 2, judge=one_place) is Hold.DAILY_CAP
    first.close()
    second.close()


def test_a_second_signer_waits_while_the_first_decides(path):
    outcome = []

    def other_signer():
        second = Journal.open(path)
        outcome.append(
            record(second, 2, judge=lambda found: Hold.DAILY_CAP if found.ordinary_last_day else None)
        )
        second.close()

    thread = threading.Thread(target=other_signer)

    def decide(_found):
        thread.start()
        thread.join(timeout=0.3)
        assert thread.is_alive()

    first = Journal.open(path)
    assert record(first, 1, judge=decide) is None
    thread.join(timeout=30)
    assert outcome == [Hold.DAILY_CAP]
    assert len(first.releases()) == 1
    first.close()


def test_the_first_signature_that_was_kept_stays(journal):
    record(journal)
    [release] = journal.releases()
    city = city_with_signer()
    first, second = (city.sign_release(release_payload(release)) for _ in range(2))
    journal.put_signed(release, first)
    journal.put_signed(release, second)
    assert first != second
    assert digest(first) == digest(second)
    assert journal.releases()[0].document == first


def release_payload(recorded):
    from tenure_policies.envelope import read_unverified
    from tenure_policies.payloads import Release

    return read_unverified(recorded.document, Release)


def test_the_clock_is_remembered_and_may_not_go_back(journal):
    journal.see_clock(DUE)
    journal.see_clock(DUE - timedelta(seconds=4))
    with pytest.raises(ClockWentBackError):
        journal.see_clock(DUE - timedelta(seconds=6))
    assert journal.clock_seen() == DUE


def test_small_steps_back_do_not_add_up(journal):
    journal.see_clock(DUE)
    journal.see_clock(DUE - timedelta(seconds=4))
    with pytest.raises(ClockWentBackError):
        journal.see_clock(DUE - timedelta(seconds=8))


def test_a_stop_is_seen_by_every_process_at_once(path):
    first, second = Journal.open(path), Journal.open(path)
    assert not second.is_stopped()
    first.add_stop(Stop(id="kuntala/stop-1", at=DUE, reason="wrong list?"))
    assert second.is_stopped()
    assert second.stops()[0].reason == "wrong list?"
    first.close()
    second.close()


def test_each_stop_is_lifted_by_itself(journal):
    for number in (1, 2):
        journal.add_stop(Stop(id=f"kuntala/stop-{number}", at=DUE, reason="test"))
    journal.lift_stop("kuntala/stop-1", ["a", "b"], DUE)
    assert [stop.id for stop in journal.stops()] == ["kuntala/stop-2"]
    assert journal.is_stopped()


def test_an_incomplete_journal_is_told(journal):
    with pytest.raises(JournalError, match="incomplete"):
        journal.pinned_keys()
