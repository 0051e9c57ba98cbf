"""Whatever is taken out of a city's books is missed: an entry, an order, an approval, a reason."""

import asyncio
import logging
from dataclasses import replace

import msgspec
import pytest

from tenure_policies.envelope import SignedDocument
from tenure_server.domain.audit import AuditKind
from tenure_server.domain.ids import LockId
from tenure_server.simulation.books import Books
from tenure_server.simulation.chance import ids_by_seed
from tenure_server.simulation.explanations import unexplained
from tenure_server.simulation.living import City
from tenure_server.simulation.many_cities import quietly
from tenure_server.simulation.script import write_script


async def _books(seed: str, years: float) -> Books:
    with ids_by_seed(seed):
        city = City(write_script(seed, years))
        assert city.live().breach is None
        return city.world.hall.books()


@pytest.fixture(scope="module")
def books() -> Books:
    with quietly():
        found = asyncio.run(_books("f/1", 0.5))
    logging.disable(logging.NOTSET)
    return found


def why(books: Books) -> set[str]:
    return {one.why for one in unexplained(books)}


def wiped(books: Books) -> set[str]:
    return {row.lock_id for row in books.directives if row.state == "wiped"}


def test_the_books_of_a_city_explain_themselves(books: Books):
    assert why(books) == set()
    assert wiped(books)
    assert books.charges
    assert books.entries(AuditKind.RESTORE_CONFIRMED)


@pytest.mark.parametrize(
    ("kind", "missed"),
    [
        (AuditKind.DIRECTIVE_SIGNED, "is not in the log"),
        (AuditKind.RECEIPT_STORED, "is not in the log"),
        (AuditKind.CASE_OPENED, "opening is not in the log"),
        (AuditKind.MANIFEST_PREPARED, "without a list"),
        (AuditKind.MANIFEST_APPROVED, "without two approvals"),
        (AuditKind.RELEASE_STORED, "without a release"),
        (AuditKind.ACCOUNT_STEP, "is not in the log"),
        (AuditKind.CHARGE_PROPOSED, "the log does not tell so"),
        (AuditKind.TAKEN_BACK, "stands behind the case"),
        (AuditKind.RESTORE_CONFIRMED, "comes after"),
    ],
)
def test_an_entry_that_is_gone_is_missed(books: Books, kind: AuditKind, missed: str):
    fewer = replace(books, log=[one for one in books.log if one.entry.kind is not kind])
    assert any(missed in one for one in why(fewer))


def test_an_order_that_is_gone_leaves_a_gap(books: Books):
    gone = next(
        row
        for row in books.directives
        if {(row.device, row.seq - 1), (row.device, row.seq + 1)}
        <= {(one.device, one.seq) for one in books.directives}
    )
    fewer = replace(books, directives=[row for row in books.directives if row is not gone])
    assert f"directive {gone.seq + 1} comes after {gone.seq - 1}" in why(fewer)


def test_a_receipt_of_another_lock_follows_no_order(books: Books):
    locked = next(row for row in books.receipts if row.act == "lock")
    other = replace(locked, lock_id=LockId("another"))
    told = [
        replace(one, entry=replace(one.entry, fields={**one.entry.fields, "lock_id": "another"}))
        if one in books.entries(
            AuditKind.RECEIPT_STORED, books.serials[locked.device], locked.epoch, locked.number
        )
        else one
        for one in books.log
    ]  # fmt: skip
    receipts = [other if row is locked else row for row in books.receipts]
    assert any("follows no order of ours" in one for one in why(replace(books, log=told, receipts=receipts)))


def test_a_second_approval_counts_only_with_its_signature(books: Books):
    listed = []
    for stored in books.manifests:
        document = msgspec.json.decode(stored.document, type=SignedDocument)
        once = msgspec.structs.replace(document, signatures=document.signatures[:1])
        listed.append(replace(stored, document=msgspec.json.encode(once)))
    assert "a wipe was ordered without two approvals" in why(replace(books, manifests=listed))


def test_a_wipe_that_was_ordered_before_its_release_is_missed(books: Books):
    late = [
        replace(one, position=10**6) if one.entry.kind is AuditKind.RELEASE_STORED else one
        for one in books.log
    ]
    assert "a wipe was ordered before it was approved and released" in why(replace(books, log=late))


def test_a_case_names_its_rule_and_what_its_end_rests_on(books: Books):
    nameless = replace(books, cases=[replace(case, rule="") for case in books.cases])
    assert "the case names no rule" in why(nameless)
    assert any("stands behind the case" in one for one in why(replace(books, known={})))
    assert any("has no case of its own" in one for one in why(replace(books, cases=[])))


def test_an_account_step_is_told_in_its_last_state(books: Books):
    log = [
        replace(one, entry=replace(one.entry, fields={**one.entry.fields, "state": "due"}))
        if one.entry.kind is AuditKind.ACCOUNT_STEP
        else one
        for one in books.log
    ]
    assert any("account step" in one for one in why(replace(books, log=log)))


def test_a_lock_without_a_case_is_explained_by_a_proof_of_an_earlier_enrolment_only(books: Books):
    proof = next(row for row in books.receipts if row.proven)
    locked = next(row for row in books.directives if (row.device, row.seq) == (proof.device, proof.seq))
    kept = replace(locked, state="locked", case=None, epoch=proof.epoch + 1, seq=locked.seq + 1)
    logged = books.entries(AuditKind.DIRECTIVE_SIGNED, books.serials[kept.device], locked.epoch, locked.seq)[
        0
    ]
    told = {"epoch": str(kept.epoch), "seq": str(kept.seq), "state": "locked", "case": ""}
    more = replace(logged, entry=replace(logged.entry, fields={**logged.entry.fields, **told}))
    rows = [row for row in books.directives if (row.device, row.seq) != (kept.device, kept.seq)]
    after = replace(books, directives=[*rows, kept], log=[*books.log, more])
    missed = f"directive {kept.seq} (locked) has no case of its own"
    assert missed not in why(after)
    unproven = [replace(row, proven=False) for row in books.receipts]
    assert missed in why(replace(after, receipts=unproven))
