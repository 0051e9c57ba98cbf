"""Loans to deputies on the real database (P11)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.city import City
from fakes.desk import Desk
from fakes.town import town
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.loan import LoanStatus
from tenure_server.usecases.lend_to_deputy import loans_of

DAY = timedelta(days=1)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Bert has L1; Disa is his deputy."""
    async with town(tmp_path) as here:
        city = City().seat("bert", "committee").seat("disa", "committee", "deputy").seat("eero", "board")
        await here.know(city.device("L1").device("L2"))
        desk = Desk(here)
        await desk.issue("L1", "bert")
        yield desk


async def test_a_loan_stands_at_once_and_is_confirmed_when_both_have_said_so(desk: Desk) -> None:
    loan = await desk.lend("L1", "disa", until=desk.town.now + 3 * DAY)
    assert (loan.status, loan.unconfirmed) == (LoanStatus.PROPOSED, ("bert", "disa"))
    assert (await desk.device("L1")).borrower == "disa"

    desk.town.clock.at += DAY
    assert (await desk.confirm("L1", "disa")).status is LoanStatus.PROPOSED
    confirmed = await desk.confirm("L1", "bert")

    assert confirmed.status is LoanStatus.CONFIRMED
    assert (confirmed.lender_confirmed_at, confirmed.borrower_confirmed_at) == (desk.town.now, desk.town.now)
    assert (await desk.logged("L1"))[-2:] == ["loan_confirmed", "loan_confirmed"]


async def test_nobody_confirms_twice_nor_for_another_nor_what_is_not_lent(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="not lent"):
        await desk.confirm("L1", "bert")
    await desk.lend("L1", "disa")
    await desk.confirm("L1", "disa")
    with pytest.raises(ConflictError, match="before"):
        await desk.confirm("L1", "disa")
    with pytest.raises(RefusedError, match="neither lender nor borrower"):
        await desk.confirm("L1", "eero")


async def test_both_confirm_at_the_same_moment_and_neither_is_lost(desk: Desk) -> None:
    await desk.lend("L1", "disa")

    await asyncio.gather(desk.confirm("L1", "disa"), desk.confirm("L1", "bert"))

    assert (await desk.loans("L1"))[0].status is LoanStatus.CONFIRMED


async def test_a_loan_cannot_be_over_before_it_begins(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="--until"):
        await desk.lend("L1", "disa", until=desk.town.now)
    assert await desk.loans("L1") == []
    assert len(await desk.custody("L1")) == 1


async def test_a_loan_is_over_when_it_is_back_and_not_when_its_day_comes(desk: Desk) -> None:
    """ADR 0021."""
    await desk.lend("L1", "disa", until=desk.town.now + DAY)
    desk.town.clock.at += 30 * DAY
    assert (await desk.device("L1")).borrower == "disa"
    assert (await desk.loans("L1"))[0].overdue(desk.town.now)

    await desk.back("L1", loan_only=True)

    assert (await desk.device("L1")).borrower is None
    assert await loans_of(desk.town.store) == []
    assert [one.status for one in await loans_of(desk.town.store, with_past=True)] == [LoanStatus.OVER]


@pytest.mark.parametrize("how", ["returned", "lost"])
async def test_what_comes_back_or_is_lost_ends_its_loan_too(desk: Desk, how: str) -> None:
    await desk.lend("L1", "disa")
    desk.town.clock.at += DAY

    await (desk.back("L1") if how == "returned" else desk.lost("L1"))

    assert (await desk.loans("L1"))[0].ended_at == desk.town.now


async def test_a_second_loan_of_the_same_laptop_is_a_loan_of_its_own(desk: Desk) -> None:
    await desk.lend("L1", "disa", "disa")
    desk.town.clock.at += DAY
    await desk.back("L1", loan_only=True)
    desk.town.clock.at += DAY

    loan = await desk.lend("L1", "disa")

    assert len(await desk.loans("L1")) == 2
    assert loan.unconfirmed == ("bert", "disa")


async def test_a_refused_loan_writes_nothing(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="no deputy"):
        await desk.lend("L1", "eero")
    assert await desk.loans("L1") == []
    assert [row.holder for row in await desk.custody("L1")] == ["bert"]
