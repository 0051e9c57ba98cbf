"""Whatever people write down, in whatever order: custody stays whole, and what is refused writes nothing."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from fakes.city import City
from fakes.databases import MemoryDatabase
from fakes.desk import Desk
from fakes.town import town
from tenure_server.domain.custody import Custody, CustodyKind, HolderType
from tenure_server.domain.errors import TenureError
from tenure_server.domain.return_receipt import Part

SERIALS = ("L1", "L2")
PEOPLE = ("bert", "disa")

SERIAL = st.sampled_from(("L1", "L1", "L1", "L2"))
ACTS = st.one_of(
    st.tuples(
        st.just("issue"),
        SERIAL,
        st.fixed_dictionaries(
            {"to": st.sampled_from(("aino", "bert", "bert", "nobody")), "reinstalled": st.booleans()}
        ),
    ),
    st.tuples(st.just("lend"), SERIAL, st.just({"to": "disa"})),
    st.tuples(st.just("back"), SERIAL, st.just({"loan_only": True})),
    st.tuples(
        st.just("back"),
        SERIAL,
        st.fixed_dictionaries(
            {
                "into": st.sampled_from((HolderType.STOCK, HolderType.STOCK, HolderType.COURIER)),
                "missing": st.sampled_from(((), (), (Part.BAG,))),
            }
        ),
    ),
    st.tuples(st.sampled_from(("lost", "found", "found", "reimaged")), SERIAL, st.just({})),
    st.tuples(st.just("swap"), st.just("L1"), st.just({"new": "L2", "reinstalled": True})),
    st.tuples(st.just("confirm"), SERIAL, st.fixed_dictionaries({"person": st.sampled_from(PEOPLE)})),
)
AGO = st.sampled_from((None, None, None, None, 0, 3, 30))
"""How many hours ago it happened; None: the command says nothing, and means now."""
WALKS = st.lists(st.tuples(ACTS, st.integers(1, 48), AGO), min_size=4, max_size=20)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(walk=WALKS)
def test_custody_stays_whole_whatever_is_written_down(tmp_path: Path, walk: list[Any]) -> None:
    asyncio.run(live(tmp_path, walk))


async def live(folder: Path, walk: list[Any]) -> None:
    async with town(folder, memory=MemoryDatabase()) as here:
        city = City().seat("aino").seat("bert", "committee").seat("disa", "committee", "deputy")
        city.seat("disa", "council", "deputy")
        await here.know(city.device("L1").device("L2"))
        desk = Desk(here)
        await desk.issue("L1", "bert")
        for (verb, serial, facts), hours, ago in walk:
            here.clock.at += timedelta(hours=hours)
            given_at = {} if verb == "confirm" or ago is None else {"at": here.now - timedelta(hours=ago)}
            before = await written(desk)
            try:
                await getattr(desk, verb)(serial, **facts, **given_at)
                event(f"{verb} was written")
            except TenureError:
                assert await written(desk) == before, f"{verb} was refused and wrote something"
            await check(desk)


async def written(desk: Desk) -> tuple[Any, ...]:
    async with desk.town.store.reading() as tx:
        size = await tx.audit.size()
    rows = tuple([tuple(await desk.custody(serial)) for serial in SERIALS])
    loans = tuple([tuple(await desk.loans(serial)) for serial in SERIALS])
    return rows, loans, tuple(await desk.receipts()), tuple(await desk.tasks(open_only=False)), size


async def check(desk: Desk) -> None:
    for serial in SERIALS:
        rows = await desk.custody(serial)
        primary = sorted((row for row in rows if row.kind is CustodyKind.PRIMARY), key=by_time)
        for earlier, later in pairwise(primary):
            assert earlier.end is not None, "two answer for one laptop (invariant 5)"
            assert earlier.end <= later.start, "two answered for one laptop at one time"
        standing = {(row.holder, row.start) for row in rows if lent(row)}
        loans = {(loan.borrower, loan.start) for loan in await desk.loans(serial) if loan.is_open}
        assert loans == standing, "a loan stands exactly as long as its custody"
        assert len(standing) <= 1
        planned = await desk.device(serial)
        assert (planned.borrower is not None) == (bool(standing) and planned.holder is not None)
    numbers = [int(receipt.number) for receipt in await desk.receipts()]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def by_time(row: Custody) -> tuple[Any, ...]:
    return row.start, row.end is None, row.end or row.start


def lent(row: Custody) -> bool:
    return row.kind is CustodyKind.TEMPORARY and row.end is None
