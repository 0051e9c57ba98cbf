"""Each rule of custody is taken away, and the case that rests on it must fail."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from fakes.follow_up import followed_town
from tenure_server.domain import end_tasks, failed_wipe, loan
from tenure_server.domain.errors import TenureError
from tenure_server.usecases import (
    follow_case,
    hand_over,
    lend_to_deputy,
    report_found,
    state_own_device,
    swap_device,
    take_back,
    write_receipt,
)

Patch = pytest.MonkeyPatch
Case = Callable[..., Coroutine[Any, Any, None]]
HERE = Path(__file__).parent
NOTICED = (AssertionError, ValueError, TenureError, pytest.fail.Exception)
"""A failed assertion, an unpacking of what is not there, or a refusal of what should have been possible."""


def case(name: str) -> Case:
    """Return the one test whose name begins so."""
    for stem in ("test_cases_of_custody", "test_cases_of_lost_and_reissued"):
        spec = spec_from_file_location(f"planted_{stem}", HERE / f"{stem}.py")
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        found = [value for key, value in vars(module).items() if key.startswith(f"test_case_{name}")]
        if found:
            return found[0]  # type: ignore[no-any-return]
    raise AssertionError(name)


def nobody_is_reminded(patch: Patch) -> None:
    patch.setattr(loan, "_OVERDUE", ())


def the_borrower_is_not_told_of_the_end(patch: Patch) -> None:
    patch.setattr(loan, "_right_ends", lambda *_: None)


def a_loan_is_over_by_its_date(patch: Patch) -> None:
    new = lend_to_deputy.new_custody
    patch.setattr(
        lend_to_deputy, "new_custody", lambda wanted, *rest: replace(new(wanted, *rest), end=wanted.until)
    )


def an_old_laptop_is_forgotten(patch: Patch) -> None:
    for module in (end_tasks, state_own_device):
        patch.setattr(module, "laptops_to_bring_back", lambda *_: [])


def a_failed_wipe_is_tried_for_ever(patch: Patch) -> None:
    patch.setattr(failed_wipe, "ATTEMPTS", 99)


def a_failed_wipe_is_given_up_at_once(patch: Patch) -> None:
    patch.setattr(failed_wipe, "ATTEMPTS", 1)


def a_proof_leaves_the_task(patch: Patch) -> None:
    async def nothing(*_: object, **__: object) -> None:
        return None

    patch.setattr(follow_case, "close_needless", nothing)


def a_wipe_needs_no_proof(patch: Patch) -> None:
    async def prepared(*_: object) -> str:
        return hand_over.PROVEN

    patch.setattr(hand_over, "_prepared", prepared)


def missing_parts_are_not_asked_for(patch: Patch) -> None:
    written = write_receipt.write_receipt

    async def without(tx: Any, receipt: Any, now: Any) -> Any:
        return await written(tx, replace(receipt, missing=()), now)

    patch.setattr(take_back, "write_receipt", without)


def a_return_counts_from_when_it_is_written_down(patch: Patch) -> None:
    checked = take_back._checked
    patch.setattr(take_back, "_checked", lambda wanted, now: replace(checked(wanted, now), at=now))


def a_receipt_leaves_the_dispute(patch: Patch) -> None:
    async def nothing(*_: object) -> None:
        return None

    patch.setattr(take_back, "settle_disputes", nothing)


def a_find_goes_to_stock(patch: Patch) -> None:
    async def no(*_: object) -> bool:
        return False

    patch.setattr(report_found, "_entitled", no)


def a_find_goes_to_whoever_had_it(patch: Patch) -> None:
    async def yes(*_: object) -> bool:
        return True

    patch.setattr(report_found, "_entitled", yes)


def a_lease_ends_unnoticed(patch: Patch) -> None:
    patch.setattr(end_tasks, "swaps_due", lambda *_: [])


def a_swap_gives_the_new_one_only(patch: Patch) -> None:
    async def nothing(*_: object) -> Any:
        return take_back.TakenBack(ended=(), at=_[2])  # type: ignore[arg-type]

    patch.setattr(swap_device, "take_back_in", nothing)


def old_recovery_keys_stay(patch: Patch) -> None:
    async def nothing(*_: object) -> tuple[()]:
        return ()

    patch.setattr(hand_over, "_reissued", nothing)


@pytest.mark.parametrize(
    ("fault", "noticed_by"),
    [
        (nobody_is_reminded, "16_a_deputy_who_keeps"),
        (nobody_is_reminded, "18_"),
        (the_borrower_is_not_told_of_the_end, "17_both_are_told"),
        (a_loan_is_over_by_its_date, "17_a_borrower_entitled"),
        (an_old_laptop_is_forgotten, "21_"),
        (a_failed_wipe_is_tried_for_ever, "28_a_wipe_that_fails"),
        (a_failed_wipe_is_given_up_at_once, "28_a_wipe_that_fails"),
        (a_proof_leaves_the_task, "28_a_wipe_that_fails"),
        (a_wipe_needs_no_proof, "28_a_wipe_that_fails"),
        (missing_parts_are_not_asked_for, "30_"),
        (a_return_counts_from_when_it_is_written_down, "31_"),
        (a_receipt_leaves_the_dispute, "33_a_disputed_return"),
        (a_find_goes_to_stock, "34_a_lost_laptop_that_is_found"),
        (a_find_goes_to_whoever_had_it, "35_"),
        (a_lease_ends_unnoticed, "36_"),
        (a_swap_gives_the_new_one_only, "36_"),
        (old_recovery_keys_stay, "37_a_reissued"),
    ],
)
async def test_a_case_fails_when_its_rule_is_taken_away(
    tmp_path: Path, monkeypatch: Patch, fault: Callable[[Patch], None], noticed_by: str
) -> None:
    fault(monkeypatch)
    async with followed_town(tmp_path) as here:
        with pytest.raises(NOTICED):
            await case(noticed_by)(here)
