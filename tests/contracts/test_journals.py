"""What a journal owes: one method, one transaction; the same after it was opened again.

The one in memory is what laptops of the simulation have: opening it again is going on with it.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fakes.clock import NOON
from fakes.municipality import Municipality, new_key
from tenure_agent.adapters.journal_sqlite import REFUSALS_KEPT, SqliteJournal
from tenure_agent.decide import ActRecord, Anchor, Floor, Suspicion
from tenure_agent.errors import JournalError
from tenure_agent.ports import Enrolment, Journal
from tenure_policies.directive import Identity
from tenure_policies.envelope import Payload, PayloadType, SignedDocument, read_unverified, seal, signer_for
from tenure_policies.payloads import Act, Directive, Outcome
from tenure_policies.trusted_keys import Refusal
from tenure_server.simulation.agent_journal import MemoryJournal

CITY = Municipality()
ME = Identity(municipality="kuntala", device="device-1", device_key="k" * 64, epoch=1, serial="S1")
ENROLMENT = Enrolment(identity=ME, audience="tenure.kuntala.example")
LOCK = ActRecord(id=0, act=Act.LOCK, outcome=Outcome.RUNNING, lock_id="lock-1", seq=1, by_lease=True)
WIPE = replace(LOCK, act=Act.WIPE, outcome=Outcome.ACCEPTED, by_lease=False)
ANCHOR = Anchor(boot_id="boot-1", since_boot_seconds=10.0)
SIGNER = signer_for(new_key())


class Note(Payload, frozen=True, kw_only=True):
    number: int
    outcome: str


def sealed(number: int, record: ActRecord) -> SignedDocument:
    return seal(Note(number=number, outcome=record.outcome), PayloadType.RECEIPT, SIGNER)


Open = Callable[[], Journal]
OpenFile = Callable[[], SqliteJournal]


@pytest.fixture
def reopen_file(tmp_path: Path) -> OpenFile:
    opened: list[SqliteJournal] = []

    def again() -> SqliteJournal:
        for journal in opened:
            journal.close()
        opened.append(SqliteJournal(tmp_path / "journal.sqlite", busy_seconds=0.1))
        return opened[-1]

    return again


@pytest.fixture(params=["sqlite", "memory"])
def reopen(request: pytest.FixtureRequest, reopen_file: OpenFile) -> Open:
    in_memory = MemoryJournal()
    return reopen_file if request.param == "sqlite" else lambda: in_memory


@pytest.fixture
def file(reopen_file: OpenFile) -> SqliteJournal:
    journal = reopen_file()
    journal.begin_epoch(ENROLMENT, tuple(CITY.documents))
    return journal


@pytest.fixture
def journal(reopen: Open) -> Journal:
    journal = reopen()
    journal.begin_epoch(ENROLMENT, tuple(CITY.documents))
    return journal


def order(**changes: Any) -> tuple[SignedDocument, Directive]:
    directive = CITY.order(ME, **changes)
    return CITY.sign(directive), directive


def test_a_new_journal_holds_nothing(reopen: Open):
    journal = reopen()
    assert journal.enrolment() is None
    assert journal.held() is None
    assert journal.unfinished() is None
    assert journal.floor() is None


def test_an_enrolment_and_its_keys_are_there_after_a_restart(journal: Journal, reopen: Open):
    assert journal.enrolment() == ENROLMENT
    again = reopen()
    assert again.enrolment() == ENROLMENT
    assert list(again.keys()) == CITY.documents


def test_a_directive_is_held_whole_with_its_signatures(journal: Journal, reopen: Open):
    document, directive = order()
    journal.accept_directive(document, directive)
    assert reopen().held() == document


def test_a_lock_that_was_replaced_is_remembered_for_good(journal: Journal, reopen: Open):
    for seq, lock_id in enumerate(["lock-1", "lock-1", "lock-2", "lock-3"], start=1):
        journal.accept_directive(*order(seq=seq, lock_id=lock_id))
    assert reopen().replaced_locks() == {"lock-1", "lock-2"}


def test_seq_never_falls_even_if_somebody_asks(journal: Journal):
    newest = order(seq=5)
    journal.accept_directive(*newest)
    for seq in (4, 5):
        with pytest.raises(JournalError):
            journal.accept_directive(*order(seq=seq, lock_id="lock-9"))
    assert journal.held() == newest[0]
    assert journal.replaced_locks() == frozenset()


def test_an_act_is_there_before_it_is_carried_out(journal: Journal, reopen: Open):
    begun = journal.begin(LOCK, None)
    assert reopen().unfinished() == begun
    assert begun.id > 0


def test_an_act_that_is_over_is_no_longer_unfinished(journal: Journal):
    begun = journal.begin(LOCK, None)
    done = journal.advance(begun, Outcome.DONE, sealed)
    assert journal.unfinished() is None
    assert journal.last_lock() == done
    assert done.receipt == 1


def test_a_failed_lock_is_not_the_last_lock(journal: Journal):
    journal.advance(journal.begin(LOCK, None), Outcome.FAILED, sealed)
    assert journal.last_lock() is None


def test_whether_the_volume_opened_before_survives_a_crash(journal: Journal, reopen: Open):
    accepted = journal.begin(WIPE, sealed)
    journal.advance(replace(accepted, opened_before=True), Outcome.RUNNING, sealed)
    resumed = reopen().unfinished()
    assert resumed is not None
    assert (resumed.outcome, resumed.opened_before, resumed.receipt) == (Outcome.RUNNING, True, 2)
    assert reopen().last_wipe() == resumed


def test_receipts_are_numbered_without_gaps_also_over_restarts(journal: Journal, reopen: Open):
    for _ in range(3):
        journal.advance(journal.begin(LOCK, None), Outcome.DONE, sealed)
        journal = reopen()
    assert [number for number, _ in journal.receipts()] == [1, 2, 3]
    numbers = [read_unverified(document, Note).number for _, document in journal.receipts()]
    assert numbers == [1, 2, 3]


def test_a_receipt_that_cannot_be_sealed_leaves_the_act_as_it_was(journal: Journal):
    begun = journal.begin(LOCK, None)

    def fails(number: int, record: ActRecord) -> SignedDocument:
        raise RuntimeError("the key is gone")

    with pytest.raises(RuntimeError):
        journal.advance(begun, Outcome.DONE, fails)
    assert journal.unfinished() == begun
    assert journal.receipts() == ()
    journal.advance(begun, Outcome.DONE, sealed)
    assert [number for number, _ in journal.receipts()] == [1]


def test_an_act_whose_receipt_cannot_be_sealed_never_began(journal: Journal):
    def fails(number: int, record: ActRecord) -> SignedDocument:
        raise RuntimeError("the key is gone")

    with pytest.raises(RuntimeError):
        journal.begin(WIPE, fails)
    assert journal.unfinished() is None
    assert journal.last_wipe() is None


def test_acknowledged_receipts_are_dropped_and_the_numbers_go_on(journal: Journal):
    for _ in range(3):
        journal.advance(journal.begin(LOCK, None), Outcome.DONE, sealed)
    journal.acknowledge_receipts(2)
    assert [number for number, _ in journal.receipts()] == [3]
    assert journal.receipts_through() == 2
    journal.advance(journal.begin(LOCK, None), Outcome.DONE, sealed)
    assert [number for number, _ in journal.receipts()] == [3, 4]


@pytest.mark.parametrize("through", [0, -1, 2, 10**9])
def test_an_acknowledgement_of_what_was_never_sent_is_ignored(journal: Journal, through: int):
    journal.advance(journal.begin(LOCK, None), Outcome.DONE, sealed)
    journal.acknowledge_receipts(through)
    assert [number for number, _ in journal.receipts()] == [1]
    assert journal.receipts_through() == 0


def note_refusal(journal: Journal, subject: str) -> bool:
    return journal.note_refusal(Refusal.OLDER_SEQ, "1 after 2", alarm=False, subject=subject, at=NOON)


def test_the_same_refusal_of_the_same_document_is_reported_once(journal: Journal):
    assert note_refusal(journal, "a")
    assert not note_refusal(journal, "a")
    assert note_refusal(journal, "b")
    assert len(journal.refusals()) == 2
    journal.acknowledge_refusals(2)
    assert journal.refusals() == ()
    assert not note_refusal(journal, "a")


def test_a_refusal_reads_back_as_it_was(journal: Journal, reopen: Open):
    journal.note_refusal(Refusal.BAD_SIGNATURE, "x" * 1000, alarm=True, subject="a", at=NOON)
    report = reopen().refusals()[0]
    assert (report.refusal, report.alarm, report.at) == ("bad_signature", True, NOON)
    assert len(report.detail) == 300


def test_years_of_garbage_do_not_fill_the_journal(journal: Journal):
    for number in range(REFUSALS_KEPT + 50):
        note_refusal(journal, str(number))
    assert len(journal.refusals()) == REFUSALS_KEPT


def test_visits_are_counted_upwards_over_restarts(journal: Journal, reopen: Open):
    assert [journal.next_visit(), journal.next_visit(), reopen().next_visit()] == [1, 2, 3]


def test_the_visit_counter_is_raised_but_never_lowered(journal: Journal):
    journal.adopt_visit(40)
    assert journal.next_visit() == 41
    journal.adopt_visit(7)
    assert journal.next_visit() == 42


def test_what_the_server_has_and_what_it_wants_again(journal: Journal):
    journal.acknowledge({"os": "a", "disk": "b"}, ())
    journal.acknowledge({"os": "c"}, ("disk", "unknown"))
    assert journal.acknowledged() == {"os": "c"}


def test_the_floor_never_falls(journal: Journal, reopen: Open):
    later = Floor(at=NOON + timedelta(days=1), anchor=ANCHOR)
    journal.set_floor(later)
    journal.set_floor(Floor(at=NOON, anchor=ANCHOR))
    assert reopen().floor() == later


def test_a_rotation_of_the_keys_lets_the_floor_begin_anew(journal: Journal):
    journal.set_floor(Floor(at=NOON, anchor=ANCHOR))
    journal.add_keys(CITY.rotated(directive=new_key()).documents[-1])
    assert journal.floor() is None
    assert len(journal.keys()) == 2


def test_a_suspicion_is_kept_and_cleared(journal: Journal, reopen: Open):
    journal.set_suspicion(Suspicion(seconds=7.0, anchor=ANCHOR))
    journal = reopen()
    assert journal.suspicion() == Suspicion(seconds=7.0, anchor=ANCHOR)
    journal.set_suspicion(None)
    assert journal.suspicion() is None


def test_manifest_release_and_checkpoint_are_held(journal: Journal, reopen: Open):
    manifest = CITY.approve(CITY.manifest(CITY.entry(ME)))
    release = CITY.let_go(CITY.release_of(manifest, ME))
    journal.put_manifest(manifest)
    journal.put_release(release)
    journal.put_checkpoint(manifest)
    assert reopen().authority() == (manifest, release)


def test_a_checkpoint_waits_until_it_was_shown_back(journal: Journal):
    document = order()[0]
    journal.put_checkpoint(document)
    assert journal.checkpoint() == (document, False)
    journal.checkpoint_was_echoed()
    assert journal.checkpoint() == (document, True)


def test_a_new_epoch_starts_anew_but_keeps_the_floor(journal: Journal):
    journal.accept_directive(*order())
    journal.advance(journal.begin(LOCK, None), Outcome.DONE, sealed)
    note_refusal(journal, "a")
    journal.next_visit()
    journal.put_manifest(order()[0])
    journal.acknowledge({"os": "a"}, ())
    journal.set_floor(Floor(at=NOON, anchor=ANCHOR))
    journal.begin_epoch(replace(ENROLMENT, identity=replace(ME, epoch=2)), tuple(CITY.documents))
    assert journal.held() is None
    assert journal.receipts() == ()
    assert journal.refusals() == ()
    assert journal.authority() == (None, None)
    assert journal.last_lock() is None
    assert journal.acknowledged() == {}
    assert journal.next_visit() == 1
    assert journal.floor() is not None
    journal.advance(journal.begin(LOCK, None), Outcome.DONE, sealed)
    assert [number for number, _ in journal.receipts()] == [1]


def test_a_full_disk_half_writes_nothing_and_says_what_to_do(file: SqliteJournal, reopen_file: OpenFile):
    document, directive = order()
    file.accept_directive(document, directive)
    page_count = file._one("PRAGMA page_count")[0]
    file._rows(f"PRAGMA max_page_count = {page_count}")
    big = msgspec.structs.replace(directive, seq=2, lock_id="lock-2", plan_digest="x" * 300_000)
    with pytest.raises(JournalError, match="Free its disk"):
        file.accept_directive(CITY.sign(big), big)
    assert file.held() == document
    assert file.replaced_locks() == frozenset()
    again = reopen_file()
    again.accept_directive(CITY.sign(big), big)
    assert again.replaced_locks() == {"lock-1"}


def test_a_locked_database_half_writes_nothing_and_works_later(file: SqliteJournal, tmp_path: Path):
    other = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError):
        file.next_visit()
    other.execute("ROLLBACK")
    other.close()
    assert file.next_visit() == 1


def test_a_file_that_is_no_database_is_an_error_with_advice(tmp_path: Path):
    (tmp_path / "journal.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(JournalError):
        SqliteJournal(tmp_path / "journal.sqlite")


def test_a_journal_of_a_newer_agent_is_left_alone(file: SqliteJournal, reopen_file: OpenFile):
    file._rows("PRAGMA user_version = 99")
    with pytest.raises(JournalError, match="newer agent"):
        reopen_file()


def test_the_journal_is_for_its_owner_only(file: SqliteJournal, tmp_path: Path):
    assert (tmp_path / "journal.sqlite").stat().st_mode & 0o077 == 0


def test_what_is_committed_is_on_the_disk(file: SqliteJournal):
    assert file._one("PRAGMA synchronous")[0] == 2
    assert file._one("PRAGMA journal_mode")[0] == "wal"


def test_the_mail_order_is_held_as_it_was_signed_and_ends_with_the_enrolment(journal: Journal, reopen: Open):
    assert journal.mail_order() is None
    first = seal(Note(number=1, outcome="done"), PayloadType.MAIL_ORDER, SIGNER)
    second = seal(Note(number=2, outcome="done"), PayloadType.MAIL_ORDER, SIGNER)
    journal.put_mail_order(first)
    journal.put_mail_order(second)
    again = reopen()
    assert again.mail_order() == second
    again.begin_epoch(ENROLMENT, ())
    assert again.mail_order() is None
