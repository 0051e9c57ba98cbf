"""One signed report and its answer: what is taken in, what is given out, and what is refused."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from fakes.city import City
from fakes.keys import key_id, new_key, sign_receipt
from fakes.town import REAL_PROOF, TERM_END, Laptop, Town, inventory_document, town
from tenure_policies.envelope import SignedDocument, read_unverified
from tenure_policies.payloads import Act, Outcome, Proof, Receipt, TimeStatement
from tenure_policies.wire import MOST_AT_ONCE, ClockReport, RefusalReport
from tenure_server.domain.errors import InputError
from tenure_server.domain.ids import KeyThumbprint
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.usecases.restore import Checkpoint
from tenure_server.usecases.seal_log import seal_log
from tenure_server.usecases.visit import ReplayedVisitError, visit


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(City().seat("aino", until="2029-05-31").laptop("L1", "aino"))
        yield started


@pytest.fixture
async def laptop(here: Town) -> Laptop:
    enrolled = await here.enrol("L1")
    await here.sweep()
    return enrolled


async def receipts_of(here: Town) -> list[tuple[int, str, str, bool]]:
    async with here.store.reading() as tx:
        stored = await tx.devices.all_receipts()
    return [(one.number, one.act, one.outcome, one.proven) for one in stored]


async def test_the_time_answers_the_nonce(here: Town, laptop: Laptop) -> None:
    visited = await here.visit(laptop)

    time = read_unverified(visited.answer.time, TimeStatement)
    assert (time.nonce, time.now, time.device) == ("nonce-1", here.now, laptop.answer.device)


async def test_a_directive_is_sent_until_it_is_held_and_never_again(here: Town, laptop: Laptop) -> None:
    first = await here.visit(laptop)
    second = await here.visit(laptop)

    assert first.answer.directive is not None
    assert second.answer.directive is None


async def test_keys_are_sent_when_they_are_newer(here: Town, laptop: Laptop) -> None:
    behind = await here.visit(laptop, keys_number=1)
    level = await here.visit(laptop)

    assert behind.answer.keys == (here.keys.documents[1],)
    assert level.answer.keys == ()


async def test_a_replayed_visit_is_refused_and_changes_nothing(here: Town, laptop: Laptop) -> None:
    """Security case 1."""
    await here.visit(laptop)
    log = await here.kinds()
    laptop.visits -= 1

    with pytest.raises(ReplayedVisitError) as refused:
        await here.visit(laptop)
    assert refused.value.last_visit == 1
    assert await here.kinds() == log


async def test_an_unchanged_document_is_neither_wanted_nor_sent_twice(here: Town, laptop: Laptop) -> None:
    digest, raw = inventory_document(disk="encrypted")

    first = await here.visit(laptop, digests={"storage": digest})
    sent = await here.visit(laptop, digests={"storage": digest}, documents={"storage": msgspec.Raw(raw)})
    later = await here.visit(laptop, digests={"storage": digest})

    assert first.answer.want == ("storage",)
    assert sent.answer.want == later.answer.want == ()


async def test_a_document_that_is_not_what_its_digest_says_is_asked_for_again(
    here: Town, laptop: Laptop
) -> None:
    digest, _ = inventory_document(disk="encrypted")
    _, other = inventory_document(disk="open")

    visited = await here.visit(laptop, digests={"storage": digest}, documents={"storage": msgspec.Raw(other)})

    assert visited.answer.want == ("storage",)


async def test_a_receipt_is_stored_once_acknowledged_and_logged(here: Town, laptop: Laptop) -> None:
    await here.visit(laptop)
    receipt = laptop.receipt(Act.LOCK)

    first = await here.visit(laptop, receipts=(receipt,))
    again = await here.visit(laptop, receipts=(receipt,))

    assert (first.changed, again.changed) == (True, False)
    assert first.answer.receipts_through == again.answer.receipts_through == 1
    assert await receipts_of(here) == [(1, "lock", "done", False)]
    assert (await here.kinds()).count("receipt_stored") == 1


async def test_a_missing_receipt_is_not_acknowledged_away(here: Town, laptop: Laptop) -> None:
    await here.visit(laptop)
    laptop.receipts = 1

    visited = await here.visit(laptop, receipts=(laptop.receipt(Act.LOCK),))

    assert visited.answer.receipts_through == 0


@pytest.mark.parametrize("what", ["another key", "another epoch", "another device", "another serial"])
async def test_a_receipt_counts_only_under_the_laptops_own_key(here: Town, laptop: Laptop, what: str) -> None:
    await here.visit(laptop)
    changes = {
        "another key": {},
        "another epoch": {"epoch": 2},
        "another device": {"device": "device-x"},
        "another serial": {"serial": "L2"},
    }[what]
    receipt = laptop.receipt(Act.WIPE, proof=REAL_PROOF, **changes)
    if what == "another key":
        receipt = sign_receipt(read_unverified(receipt, Receipt), new_key())

    await here.visit(laptop, receipts=(receipt,))

    assert await receipts_of(here) == []
    assert (await here.kinds())[-1] == "request_refused"


@pytest.mark.parametrize(
    ("outcome", "proof", "status"),
    [
        (Outcome.DONE, REAL_PROOF, CaseStatus.PROVEN),
        (Outcome.DONE, None, CaseStatus.LOCKED),
        (Outcome.RUNNING, REAL_PROOF, CaseStatus.LOCKED),
        (Outcome.FAILED, None, CaseStatus.LOCKED),
        (Outcome.UNCONFIRMED, None, CaseStatus.LOCKED),
        (Outcome.DONE, msgspec.structs.replace(REAL_PROOF, emulated=True), CaseStatus.LOCKED),
        (Outcome.DONE, msgspec.structs.replace(REAL_PROOF, opened_before=False), CaseStatus.LOCKED),
        (Outcome.DONE, msgspec.structs.replace(REAL_PROOF, opens_after=True), CaseStatus.LOCKED),
        (Outcome.DONE, msgspec.structs.replace(REAL_PROOF, key_slots=1), CaseStatus.LOCKED),
    ],
)
async def test_only_a_shown_proof_proves(
    here: Town, laptop: Laptop, outcome: Outcome, proof: Proof | None, status: CaseStatus
) -> None:
    """Security cases 13 and 14; emulated is never proven."""
    await here.lives_to("2029-05-20")
    (manifest,) = await here.approve_all()
    await here.lives_to(TERM_END)
    await here.lock(laptop)
    await here.lives_to(TERM_END + timedelta(days=1))
    await here.release(manifest, "L1")

    await here.visit(laptop, receipts=(laptop.receipt(Act.WIPE, outcome, proof=proof),))

    assert [case.status for case in await here.cases()] == [status]


async def test_a_receipt_for_another_lock_moves_no_case(here: Town, laptop: Laptop) -> None:
    await here.lives_to(TERM_END)
    await here.lock(laptop)

    await here.visit(laptop, receipts=(laptop.receipt(Act.WIPE, proof=REAL_PROOF, lock_id="other"),))

    assert [case.status for case in await here.cases()] == [CaseStatus.LOCKED]


async def test_what_a_laptop_refused_is_kept_and_logged(here: Town, laptop: Laptop) -> None:
    report = RefusalReport(refusal="older_seq", detail="1 after 2", alarm=False, at=here.now)

    await here.visit(laptop, refusals=(report,))

    async with here.store.reading() as tx:
        (kept,) = await tx.devices.refusals((await here.device("L1")).id)
    assert (kept.refusal, kept.detail) == ("older_seq", "1 after 2")
    assert (await here.kinds())[-1] == "document_refused_by_device"


async def test_a_wipe_comes_with_its_manifest_and_its_release(here: Town, laptop: Laptop) -> None:
    await here.lives_to("2029-05-20")
    (manifest,) = await here.approve_all()
    await here.lives_to(TERM_END)
    await here.lock(laptop)
    await here.lives_to(TERM_END + timedelta(days=1))
    await here.release(manifest, "L1")
    await here.sweep()

    answer = (await here.visit(laptop)).answer

    assert answer.directive is not None
    assert answer.manifest is not None
    assert answer.release is not None
    assert len(answer.manifest.signatures) == 2


async def test_a_directive_of_the_old_epoch_is_not_sent_to_the_new(here: Town, laptop: Laptop) -> None:
    again = await here.enrol("L1")

    visited = await here.visit(again)

    assert laptop.answer.device == again.answer.device
    assert visited.answer.directive is None


async def test_the_ticket_carries_the_version_that_the_visit_found(here: Town, laptop: Laptop) -> None:
    before = await here.visit(laptop)
    async with here.store.writing() as tx:
        await tx.devices.put(replace(await here.device("L1"), needs_person=True))
        await tx.devices.make_news([(await here.device("L1")).id])

    after = await here.visit(laptop)

    assert after.news == before.news + 1


async def test_a_laptop_is_given_the_newest_checkpoint_to_remember_once(here: Town, laptop: Laptop) -> None:
    """The log's witnesses are the laptops: what they were shown, nobody can rewrite behind them."""
    visiting = await here.visiting()
    await seal_log(here.store, here.clock, visiting.signing)

    async def visits() -> SignedDocument | None:
        laptop.held = None
        request = laptop.request(here.now)
        return (await visit(visiting, request, key=KeyThumbprint(key_id(laptop.key)))).answer.checkpoint

    first, again = await visits(), await visits()
    await here.sweep()
    await here.enrol("L9")
    await seal_log(here.store, here.clock, visiting.signing)
    newer = await visits()

    assert first is not None
    assert again is None
    assert newer is not None
    assert read_unverified(newer, Checkpoint).size > read_unverified(first, Checkpoint).size


async def test_a_laptop_cannot_fill_the_database_with_documents_of_ever_new_names(
    here: Town, laptop: Laptop
) -> None:
    for visit_number in range(3):
        documents = {
            f"document-{visit_number}-{place}": inventory_document(x=str(place)) for place in range(150)
        }
        await here.visit(
            laptop,
            digests={name: digest for name, (digest, _) in documents.items()},
            documents={name: msgspec.Raw(raw) for name, (_, raw) in documents.items()},
        )

    async with here.store.reading() as tx:
        stored = await tx.devices.documents((await here.device("L1")).id)
    assert len(stored) == MOST_AT_ONCE


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_moment_before_or_after_all_calendars_is_refused_or_left_out(
    here: Town, laptop: Laptop, moment: str
) -> None:
    await here.visit(laptop)
    at = datetime.fromisoformat(moment)
    report = RefusalReport(refusal="older_seq", detail="", alarm=False, at=at)

    await here.visit(laptop, receipts=(laptop.receipt(Act.LOCK, at=at),), refusals=(report,))

    assert await receipts_of(here) == []
    with pytest.raises(InputError):
        await here.visit(laptop, clock=ClockReport(trusted=None, wall=at))
    await here.visit(laptop)


async def test_a_proof_of_a_wipe_that_nobody_released_proves_nothing(here: Town, laptop: Laptop) -> None:
    """Else a leaver sends one in mid-term, and is never locked, nor the disk looked at before it moves on."""
    await here.lives_to("2029-05-20")
    await here.visit(laptop)

    await here.visit(laptop, receipts=(laptop.receipt(Act.WIPE, proof=REAL_PROOF),))
    await here.lives_to(TERM_END)

    assert await receipts_of(here) == [(1, "wipe", "done", False)]
    assert [case.status for case in await here.cases()] == [CaseStatus.OPEN]
    assert (await here.latest("L1")).state == "locked"


async def test_a_receipt_about_a_directive_that_was_never_signed_is_refused(
    here: Town, laptop: Laptop
) -> None:
    await here.visit(laptop)

    visited = await here.visit(laptop, receipts=(laptop.receipt(Act.LOCK, seq=laptop.directive.seq + 1),))

    assert visited.answer.receipts_through == 0
    assert await receipts_of(here) == []
    assert (await here.kinds())[-1] == "request_refused"
