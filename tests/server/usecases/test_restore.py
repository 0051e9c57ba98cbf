"""A database older than what laptops hold: noticed, adopted, and nothing ordered until two people confirm."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from fakes.city import City, day_end
from fakes.keys import city_with_signer, new_key
from fakes.town import Laptop, Town, town
from tenure_policies.envelope import SignedDocument
from tenure_policies.payloads import DirectiveState, Role
from tenure_policies.wire import HeldEcho
from tenure_server.adapters.database.engine import open_database, sqlite_url
from tenure_server.adapters.signing import DirectiveKeySigning
from tenure_server.domain.ceremony import NewRole
from tenure_server.domain.errors import RefusedError
from tenure_server.usecases.enforce_ends import SweepResult
from tenure_server.usecases.publish_keys import publish_keys
from tenure_server.usecases.restore import confirm_register

LATER = day_end("2029-08-31")
NOTHING = SweepResult(signed=0, prepared=0, claimed=True)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    """A town restored from a backup that was taken before Aino's term was extended by three months."""
    async with town(tmp_path) as started:
        await started.know(register("2029-05-31"))
        laptop = await started.enrol("L1")
        await started.sweep()
        await started.visit(laptop)
        with (
            closing(sqlite3.connect(tmp_path / "tenure.db")) as live,
            closing(sqlite3.connect(tmp_path / "backup.db")) as copy,
        ):
            live.backup(copy)
        await started.lives_to("2029-04-01")
        await started.know(register("2029-08-31"))
        await started.sweep()
        await started.visit(laptop)
        restored = open_database(sqlite_url(tmp_path / "backup.db"))
        started.database, old = restored, started.database
        started.store = restored.store(started.id)
        await old.close()
        try:
            yield started
        finally:
            await restored.close()


def register(until: str) -> City:
    return City().seat("aino", until=until).laptop("L1", "aino").seat("bert", until="2033-05-31")


async def show(here: Town, laptop: Laptop) -> None:
    """Let the laptop visit and show the directive that it holds, as the server asks for."""
    visited = await here.visit(laptop)
    assert visited.answer.want_held
    await show_whole(here, laptop)


async def show_whole(here: Town, laptop: Laptop, document: SignedDocument | None = None) -> None:
    assert laptop.held is not None
    held = HeldEcho(seq=laptop.directive.seq, digest="", document=document or laptop.held)
    await here.visit(laptop, held=held)


async def test_a_held_directive_that_is_newer_proves_the_database_old(here: Town) -> None:
    """Security case 17."""
    laptop = here.laptops["L1"]
    assert (await here.device("L1")).seq < laptop.directive.seq

    await show(here, laptop)

    municipality = await here.municipality()
    assert municipality.rolled_back_at == here.now
    assert municipality.log_origin != "kuntala/1"
    assert (await here.device("L1")).seq == laptop.directive.seq
    assert (await here.kinds())[-1] == "rolled_back"


async def test_a_rolled_back_server_orders_nothing(here: Town) -> None:
    laptop = here.laptops["L1"]
    before, held = await here.directives("L1"), laptop.directive
    await show(here, laptop)

    here.goes_to("2029-12-01")
    assert await here.sweep() == NOTHING
    visited = await here.visit(laptop)

    assert [row.lock_at for row in before] == [day_end("2029-05-31")]
    assert await here.directives("L1") == before
    assert visited.answer.directive is None
    assert laptop.directive == held
    assert held.lock_at == LATER


async def test_a_visit_that_shows_it_again_changes_nothing_more(here: Town) -> None:
    laptop = here.laptops["L1"]
    await show(here, laptop)
    origin, log = (await here.municipality()).log_origin, await here.kinds()

    await show_whole(here, laptop)
    visited = await here.visit(laptop)

    assert not visited.answer.want_held
    assert (await here.municipality()).log_origin == origin
    assert await here.kinds() == log


async def test_a_directive_that_our_key_did_not_sign_proves_nothing(here: Town) -> None:
    laptop = here.laptops["L1"]
    forged = DirectiveKeySigning(city_with_signer().directive).sign_directive(laptop.directive)

    await show_whole(here, laptop, forged)

    assert (await here.municipality()).rolled_back_at is None


async def test_another_laptops_directive_proves_nothing(here: Town) -> None:
    other = await here.enrol("L2")
    other.held = here.laptops["L1"].held

    await show_whole(here, other)

    assert (await here.municipality()).rolled_back_at is None


async def test_a_longer_log_that_was_shown_proves_the_database_old(here: Town) -> None:
    laptop = here.laptops["L1"]
    signing = DirectiveKeySigning(here.keys.directive)
    shown = signing.sign_checkpoint("kuntala/1", 10_000, b"\x00" * 32, here.now)
    laptop.held = None

    await here.visit(laptop, checkpoint=shown)

    assert (await here.municipality()).rolled_back_at == here.now


async def test_a_checkpoint_of_the_log_before_the_restore_counts_once(here: Town) -> None:
    laptop = here.laptops["L1"]
    await show(here, laptop)
    await confirm_register(here.store, here.clock, here.resume((await here.municipality()).log_origin))
    shown = DirectiveKeySigning(here.keys.directive).sign_checkpoint(
        "kuntala/1", 10_000, b"\x00" * 32, here.now
    )

    await here.visit(laptop, checkpoint=shown)

    assert (await here.municipality()).rolled_back_at is None


async def test_two_approvers_let_it_go_on_with_numbers_beyond_all_that_were_given(here: Town) -> None:
    laptop = here.laptops["L1"]
    held = laptop.directive
    await show(here, laptop)
    origin = (await here.municipality()).log_origin

    await confirm_register(here.store, here.clock, here.resume(origin))
    await here.know(register("2029-08-31"))
    await here.sweep()
    await here.visit(laptop)

    assert laptop.directive.seq > held.seq
    assert laptop.directive.lock_id != held.lock_id
    assert laptop.directive.lock_at == LATER
    assert (await here.municipality()).log_origin == origin
    assert "restore_confirmed" in await here.kinds()


@pytest.mark.parametrize("approvers", [1, 2])
async def test_one_approver_or_a_signature_for_something_else_confirms_nothing(
    here: Town, approvers: int
) -> None:
    await show(here, here.laptops["L1"])
    origin = (await here.municipality()).log_origin
    statement = here.resume(origin if approvers == 1 else "kuntala/1", approvers)

    with pytest.raises(RefusedError):
        await confirm_register(here.store, here.clock, statement)
    assert (await here.municipality()).rolled_back_at is not None


async def test_without_a_rollback_there_is_nothing_to_confirm(here: Town) -> None:
    with pytest.raises(RefusedError):
        await confirm_register(here.store, here.clock, here.resume("kuntala/1"))


async def test_a_directive_of_the_same_number_that_the_database_did_not_sign_proves_it_old(
    here: Town,
) -> None:
    """Security case 17: the restored database signs before the laptop visits, and takes the very number."""
    laptop = here.laptops["L1"]
    await here.lives_to("2029-05-10")
    assert (await here.latest("L1")).seq == laptop.directive.seq

    await show(here, laptop)

    assert (await here.municipality()).rolled_back_at == here.now
    await confirm_register(here.store, here.clock, here.resume((await here.municipality()).log_origin))
    await here.sweep()
    await here.visit(laptop)
    assert laptop.directive.lock_id == (await here.latest("L1")).lock_id


async def test_what_was_shown_to_be_ours_is_not_asked_for_again(here: Town) -> None:
    laptop = here.laptops["L1"]
    await show(here, laptop)
    await confirm_register(here.store, here.clock, here.resume((await here.municipality()).log_origin))
    await here.sweep()
    await here.visit(laptop)

    assert not (await here.visit(laptop)).answer.want_held


@pytest.fixture
async def robbed(tmp_path: Path) -> AsyncIterator[Town]:
    """A town whose directive key was stolen, and then replaced by root."""
    async with town(tmp_path) as started:
        await started.know(register("2029-05-31"))
        laptop = await started.enrol("L1")
        await started.sweep()
        await started.visit(laptop)
        await started.sweep()
        yield started


async def is_replaced(here: Town) -> None:
    here.keys.directive = new_key()
    change = {Role.DIRECTIVE: NewRole(keys=(here.keys.directive.public_key(),))}
    await publish_keys(here.store, here.clock, here.keys.publish(change))


@pytest.mark.parametrize("leap", [0, 1, 10**9])
async def test_what_a_thief_locked_opens_again_once_root_replaced_the_key(robbed: Town, leap: int) -> None:
    """Security case 25: locks are possible, and reversible by root replacing `directive`."""
    laptop = robbed.laptops["L1"]
    ours = laptop.directive
    forged = msgspec.structs.replace(
        ours, seq=ours.seq + leap, state=DirectiveState.LOCKED, lock_id="thief", reason=ours.instructions
    )
    laptop.held = DirectiveKeySigning(robbed.keys.directive).sign_directive(forged)

    await is_replaced(robbed)
    await show(robbed, laptop)
    await robbed.sweep()
    await robbed.visit(laptop)

    assert (laptop.directive.state, laptop.directive.lock_at) == (DirectiveState.ACTIVE, ours.lock_at)
    assert laptop.directive.seq > forged.seq
    assert laptop.directive.lock_id not in ("thief", ours.lock_id)
    assert (await robbed.municipality()).rolled_back_at is None
    assert not (await robbed.visit(laptop)).answer.want_held


async def test_a_directive_that_we_signed_with_the_key_before_is_still_ours(robbed: Town) -> None:
    laptop = robbed.laptops["L1"]
    await is_replaced(robbed)

    await show_whole(robbed, laptop)
    await robbed.sweep()

    assert (await robbed.latest("L1")).seq == laptop.directive.seq
