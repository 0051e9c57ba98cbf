"""Returns, losses and finds on the real database: what is written, and what is refused whole."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.city import City
from fakes.desk import Desk
from fakes.town import town
from tenure_server.domain.custody import CustodyReason, HolderType
from tenure_server.domain.errors import ConflictError, InputError, NotFoundError, RefusedError, TenureError
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.domain.return_receipt import Part

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Aino has had L1 for a day."""
    async with town(tmp_path) as here:
        city = City().seat("aino", until="2029-05-31").seat("bert").seat("own", choice="own")
        await here.know(city.device("L1").device("L2").device("L3"))
        desk = Desk(here)
        await desk.issue("L1", "aino")
        here.clock.at += DAY
        yield desk


async def everything(desk: Desk) -> tuple[int, int, int, int]:
    async with desk.town.store.reading() as tx:
        size = await tx.audit.size()
    return len(await desk.custody("L1")), len(await desk.receipts()), len(await desk.tasks()), size


async def test_a_return_has_a_numbered_receipt_with_all_that_was_told(desk: Desk) -> None:
    done = await desk.back(
        "L1",
        at=desk.town.now - HOUR,
        condition=" screen cracked ",
        missing=(Part.CHARGER, Part.BAG, Part.BAG),
        received_by="reception",
        language="sv",
    )

    (receipt,) = await desk.receipts()
    assert done.receipt == receipt
    assert (receipt.number, receipt.holder_type, receipt.holder) == ("00001", HolderType.PERSON, "aino")
    assert (receipt.condition, receipt.missing) == ("screen cracked", (Part.BAG, Part.CHARGER))
    assert (receipt.moment, receipt.registered_at) == (desk.town.now - HOUR, desk.town.now)
    assert (receipt.received_by, receipt.language, receipt.into) == ("reception", "sv", HolderType.STOCK)
    log = (await desk.town.log())[-2].entry
    assert (log.kind, log.fields["missing"]) == ("return_receipted", "bag,charger")
    assert "cracked" not in str(await desk.town.log()), "the log keeps no notes"


async def test_the_parts_that_are_missing_are_asked_for_within_a_fortnight(desk: Desk) -> None:
    done = await desk.back("L1", missing=(Part.BAG,))

    (task,) = await desk.tasks("missing_parts")
    assert done.tasks == (task,)
    assert (task.due, task.rule) == (desk.town.now + 14 * DAY, "P18")


async def test_a_courier_takes_the_laptop_in_and_brings_it_to_stock(desk: Desk) -> None:
    """The holder's duty is met when the courier has it; the laptop stays locked on its way."""
    laptop = await desk.town.enrol("L1")
    await desk.town.sweep()
    given = await desk.back("L1", into=HolderType.COURIER)
    await desk.town.sweep()
    await desk.town.visit(laptop)
    assert given.receipt is not None
    assert (given.receipt.holder, given.receipt.into) == ("aino", HolderType.COURIER)
    assert await desk.holds("L1") == [("courier", "", "primary")]
    assert laptop.directive.state == "locked"
    handed = desk.town.now

    desk.town.clock.at += 2 * DAY
    brought = await desk.back("L1", condition="box torn")
    await desk.town.sweep()

    assert brought.receipt is not None
    assert (brought.receipt.holder_type, brought.receipt.number) == (HolderType.COURIER, "00002")
    assert await desk.holds("L1") == [("stock", "", "primary")]
    assert (await desk.stock())["L1"].since == handed
    with pytest.raises(ConflictError):
        await desk.back("L1")


async def test_the_police_may_have_it_first_and_a_courier_cannot_take_it_twice(desk: Desk) -> None:
    await desk.back("L1", into=HolderType.POLICE)
    with pytest.raises(ConflictError, match="police"):
        await desk.back("L1", into=HolderType.POLICE)

    await desk.back("L1", into=HolderType.COURIER)

    assert await desk.holds("L1") == [("courier", "", "primary")]


async def test_what_was_lost_and_turns_up_with_the_police_comes_to_stock_later(desk: Desk) -> None:
    await desk.lost("L1", reason=CustodyReason.STOLEN)
    desk.town.clock.at += DAY
    await desk.found("L1", into=HolderType.POLICE)
    assert (await desk.device("L1")).desired == "locked"
    desk.town.clock.at += DAY

    await desk.back("L1")

    assert await desk.holds("L1") == [("stock", "", "primary")]
    assert [one.holder_type for one in await desk.receipts()] == ["person", "police"]


async def test_a_find_of_a_leavers_laptop_goes_to_stock(desk: Desk) -> None:
    await desk.lost("L1")
    desk.town.goes_to("2029-06-10")

    found = await desk.found("L1")

    assert (found.holder_type, found.holder) == (HolderType.STOCK, "")
    assert (await desk.logged("L1"))[-1] == "device_found"


async def test_a_find_may_be_sent_to_stock_although_its_holder_is_entitled(desk: Desk) -> None:
    await desk.lost("L1")
    desk.town.clock.at += DAY
    assert (await desk.found("L1", into=HolderType.STOCK)).holder_type is HolderType.STOCK


async def test_only_what_is_lost_is_found_and_never_before_it_was_lost_or_in_the_future(desk: Desk) -> None:
    with pytest.raises(ConflictError, match="not lost"):
        await desk.found("L1")
    with pytest.raises(NotFoundError):
        await desk.found("L9")
    await desk.lost("L1")
    with pytest.raises(ConflictError):
        await desk.found("L1", at=desk.town.now - HOUR)
    with pytest.raises(RefusedError):
        await desk.found("L1", at=desk.town.now + HOUR)
    assert await desk.holds("L1") == []


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"condition": "x" * 1_000_000}, InputError),
        ({"condition": "a\x1b[2Jb"}, InputError),
        ({"received_by": "a\nb"}, InputError),
        ({"received_by": "a\u202eb"}, InputError),
        ({"into": HolderType.PERSON}, RefusedError),
        ({"loan_only": True, "reason": CustodyReason.LOST}, RefusedError),
        ({"loan_only": True, "missing": (Part.BAG,)}, RefusedError),
        ({"reason": CustodyReason.LOST, "into": HolderType.COURIER}, RefusedError),
        ({"reason": CustodyReason.LOST, "condition": "gone"}, RefusedError),
        ({"reason": CustodyReason.LOST, "reference": "\x00"}, InputError),
        ({"event": "nowhere"}, NotFoundError),
        ({"loan_only": True}, ConflictError),
        ({"serial": "L9"}, NotFoundError),
        ({"serial": "L2"}, ConflictError),
    ],
)
async def test_what_contradicts_itself_or_cannot_be_read_is_refused_and_nothing_half_written(
    desk: Desk, facts: dict[str, Any], error: type[TenureError]
) -> None:
    before = await everything(desk)

    with pytest.raises(error):
        await desk.back(**{"serial": "L1", **facts})

    assert await everything(desk) == before


async def test_a_loss_is_discovered_after_it_happened_and_not_in_the_future(desk: Desk) -> None:
    now = desk.town.now
    for facts in ({"at": now, "discovered_at": now - HOUR}, {"discovered_at": now + HOUR}):
        with pytest.raises(RefusedError):
            await desk.lost("L1", **facts)
    assert await desk.tasks("breach_notice") == []


async def test_a_loss_whose_moment_nobody_knows_happened_when_it_was_discovered(desk: Desk) -> None:
    discovered = desk.town.now - HOUR
    await desk.lost("L1", discovered_at=discovered)
    (task,) = await desk.tasks("breach_notice")
    assert (task.at, task.due) == (discovered, discovered + 72 * HOUR)
    assert [row.end for row in await desk.custody("L1") if row.reason is CustodyReason.LOST] == [discovered]


async def test_a_swap_is_written_whole_or_not_at_all(desk: Desk) -> None:
    await desk.issue("L2", "bert")
    before = await everything(desk)
    for new, error in (("L2", ConflictError), ("L9", NotFoundError), ("L1", ConflictError)):
        with pytest.raises(error):
            await desk.swap("L1", new)
    with pytest.raises(ConflictError, match="Nobody has"):
        await desk.swap("L3", "L1")
    assert await everything(desk) == before


async def test_a_swap_for_somebody_who_lost_the_right_is_refused_whole(desk: Desk) -> None:
    desk.town.goes_to("2029-06-02")
    before = await everything(desk)
    with pytest.raises(RefusedError):
        await desk.swap("L1", "L3")
    assert await everything(desk) == before

    await desk.swap("L1", "L3", even_though_not_entitled=True)

    assert await desk.holds("L3") == [("person", "aino", "primary")]


async def test_a_reimaged_laptop_is_proven_wiped_by_the_person_who_did_it(desk: Desk) -> None:
    await desk.town.enrol("L1")
    await desk.town.sweep()
    await desk.back("L1")
    await desk.town.sweep()
    with pytest.raises(RefusedError, match="P15"):
        await desk.issue("L1", "bert")
    desk.town.clock.at += HOUR
    lists = len(await desk.town.manifests())

    await desk.reimaged("L1", image="2029.1")
    await desk.town.sweep()

    assert {case.status for case in await desk.town.cases()} == {CaseStatus.PROVEN}
    assert len(await desk.town.manifests()) == lists, "there is nothing left to wipe"
    done = await desk.issue("L1", "bert")
    assert done.prepared == "confirmed"
    told = [str(reason.fact) for reason in done.told]
    assert any("rotate its recovery keys" in text for text in told)
    assert any("enrol it again" in text for text in told)


async def test_a_reimaging_from_before_the_last_holder_prepares_nothing(desk: Desk) -> None:
    await desk.back("L1")
    desk.town.clock.at += HOUR
    await desk.reimaged("L1")
    desk.town.clock.at += HOUR
    await desk.issue("L1", "bert")
    desk.town.clock.at += HOUR
    await desk.back("L1")

    with pytest.raises(RefusedError, match="P15"):
        await desk.issue("L1", "aino")
    with pytest.raises(ConflictError):
        await desk.reimaged("L1", at=desk.town.now - 2 * HOUR)


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"serial": "L9"}, NotFoundError),
        ({"by": "two words"}, InputError),
        ({"by": ""}, InputError),
        ({"image": "\x07"}, InputError),
    ],
)
async def test_a_reimaging_names_a_known_laptop_and_who_did_it(
    desk: Desk, facts: dict[str, Any], error: type[TenureError]
) -> None:
    with pytest.raises(error):
        await desk.reimaged(**{"serial": "L1", **facts})


async def test_what_is_lost_is_not_reimaged_nor_in_the_future_nor_twice_at_once(desk: Desk) -> None:
    await desk.reimaged("L1")
    with pytest.raises(ConflictError):
        await desk.reimaged("L1")
    with pytest.raises(RefusedError):
        await desk.reimaged("L1", at=desk.town.now + HOUR)
    await desk.lost("L1")
    with pytest.raises(ConflictError, match="not here"):
        await desk.reimaged("L1")
