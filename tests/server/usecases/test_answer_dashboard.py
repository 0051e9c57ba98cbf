"""What the dashboard is told, read from the real database."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from fakes.city import City
from fakes.town import TERM_END, Town, inventory_document, town
from tenure_policies.payloads import Act, DirectiveState, Outcome, Proof
from tenure_server.domain.ids import Serial
from tenure_server.domain.plan import Desired, Need, Verb
from tenure_server.usecases.answer_dashboard import StoredAnswers
from tenure_server.usecases.views import Attention, LaptopFilter, LaptopPage, LaptopRow, Ordered, Reported

EMULATED = Proof(method="emulated", emulated=True, opened_before=True, opens_after=False, key_slots=0)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(
            City()
            .seat("aino", until="2029-05-31", decided="KV § 3")
            .seat("bert", until="2033-05-31")
            .seat("cila", until="2029-05-31")
            .seat("own", until="2033-05-31", choice="own")
            .seat("without", "board", until="2033-05-31")
            .seat("disa", "council", "deputy", until="2033-05-31")
            .laptop("L1", "aino")
            .laptop("L2", "bert")
            .laptop("L3", "cila")
            .device("L4")
            .device("P1", "peripheral")
            .hold("cila", since="2029-01-01")
            .lend("L2", "disa", since="2029-02-01")
        )
        for serial in ("L1", "L2", "L3"):
            await started.enrol(serial)
        await started.sweep()
        yield started


def answers(here: Town) -> StoredAnswers:
    return StoredAnswers(here.store, here.clock, here.terms)


async def rows(here: Town, **wanted: object) -> dict[str, LaptopRow]:
    listed = await answers(here).laptops(LaptopFilter(**wanted))  # type: ignore[arg-type]
    return {row.serial: row for row in listed.rows}


async def page(here: Town, serial: str = "L1") -> LaptopPage:
    found = await answers(here).laptop(Serial(serial))
    assert found is not None
    return found


async def live_to_the_lock(here: Town) -> None:
    """Bring every laptop to the night in which the term ends; L1 and L3 lock."""
    for serial in ("L1", "L2", "L3"):
        await here.visit(here.laptops[serial])
    await here.lives_to("2029-05-20")
    await here.approve_all()
    await here.lives_to(TERM_END)
    await here.lock(here.laptops["L1"])
    await here.lock(here.laptops["L3"])
    await here.visit(here.laptops["L2"])


async def live_to_the_release(here: Town) -> None:
    await live_to_the_lock(here)
    await here.lives_to(TERM_END + timedelta(days=1))
    (manifest,) = await here.manifests()
    await here.release(manifest, "L1")
    await here.sweep()


async def test_every_laptop_is_listed_with_holder_state_and_reason(here: Town) -> None:
    listed = await rows(here)

    assert list(listed) == ["L1", "L2", "L3", "L4"]
    aino = listed["L1"]
    assert (aino.holder, aino.desired, aino.reported, aino.ends) == (
        "Aino Esimerkki",
        Desired.ACTIVE,
        Reported.NOTHING,
        TERM_END,
    )
    assert aino.because[0].rule == "P8"
    assert listed["L2"].borrower == "Disa Esimerkki"
    assert (listed["L4"].holder, listed["L4"].desired) == (None, Desired.NONE)


async def test_a_visit_shows_what_the_laptop_is(here: Town) -> None:
    await here.visit(here.laptops["L1"])

    assert (await rows(here))["L1"].reported is Reported.ACTIVE
    assert (await rows(here))["L1"].last_seen == here.now


async def test_locked_is_said_when_the_laptop_says_so(here: Town) -> None:
    await live_to_the_lock(here)

    listed = await rows(here)
    assert (listed["L1"].desired, listed["L1"].reported) == (Desired.LOCKED, Reported.LOCKED)
    assert listed["L1"].attention == {Attention.OVERDUE}
    assert listed["L3"].attention == {Attention.OVERDUE, Attention.HELD}
    assert listed["L2"].attention == frozenset()


async def test_a_laptop_that_is_not_as_it_should_be_is_shown_to_differ(here: Town) -> None:
    await here.visit(here.laptops["L1"])
    await here.lives_to("2029-06-01")

    assert Attention.DIFFERS in (await rows(here))["L1"].attention


async def test_wiped_is_said_only_when_it_is_proven(here: Town) -> None:
    await live_to_the_release(here)
    assert (await rows(here))["L1"].reported is Reported.UNPROVEN

    await here.wipe(here.laptops["L1"])

    wiped = (await rows(here))["L1"]
    assert (wiped.desired, wiped.reported) == (Desired.WIPED, Reported.WIPED)
    assert Attention.UNPROVEN not in wiped.attention
    assert Attention.DIFFERS not in wiped.attention


async def test_an_emulated_wipe_stays_unproven_and_says_that_it_emulates(here: Town) -> None:
    await live_to_the_release(here)

    await here.wipe(here.laptops["L1"], EMULATED)

    proof = (await page(here)).proof
    assert (await rows(here))["L1"].reported is Reported.UNPROVEN
    assert proof is not None
    assert (proof.proven, proof.emulated) == (False, True)


async def test_a_wipe_whose_report_was_lost_is_unproven(here: Town) -> None:
    """Security case 14."""
    await live_to_the_release(here)
    laptop = here.laptops["L1"]
    await here.visit(laptop)
    await here.visit(laptop, receipts=(laptop.receipt(Act.WIPE, Outcome.RUNNING),))

    assert Attention.UNPROVEN in (await rows(here))["L1"].attention


async def test_a_re_enrolment_is_never_proof(here: Town) -> None:
    await live_to_the_release(here)
    again = await here.enrol("L1")
    await here.sweep()
    await here.visit(again)

    assert (await rows(here))["L1"].reported is not Reported.WIPED


async def test_a_laptop_that_is_silent_for_over_a_fortnight_is_shown(here: Town) -> None:
    await here.visit(here.laptops["L1"])
    here.clock.at += timedelta(days=15)
    await here.visit(here.laptops["L2"])

    silent = await rows(here, attention=Attention.SILENT)

    assert sorted(silent) == ["L1", "L3"]


@pytest.mark.parametrize(
    ("wanted", "serials"),
    [
        ({"text": "aino"}, ["L1"]),
        ({"text": " DISA "}, ["L2"]),
        ({"text": "l3"}, ["L3"]),
        ({"desired": Desired.NONE}, ["L4"]),
        ({"reported": Reported.NOTHING}, ["L1", "L2", "L3", "L4"]),
        ({"attention": Attention.HELD}, ["L3"]),
        ({"ending_days": 100}, ["L1", "L3"]),
        ({"ending_days": 30}, []),
        ({"text": "aino", "attention": Attention.HELD}, []),
    ],
)
async def test_a_filter_lets_through_what_it_names(
    here: Town, wanted: dict[str, object], serials: list[str]
) -> None:
    assert list(await rows(here, **wanted)) == serials


async def test_the_figures_count_people_and_laptops(here: Town) -> None:
    glance = (await answers(here).laptops(LaptopFilter(text="nothing"))).at_a_glance

    assert (glance.entitled, glance.issued, glance.own_device, glance.missing) == (4, 3, 1, 1)
    assert (glance.ending, glance.overdue, glance.holds) == ({30: 0, 14: 0, 7: 0, 1: 0}, 0, 1)
    assert (glance.register_age_days, glance.register_fresh_days) == (0, 45)


async def test_the_figures_tell_orders_from_proofs(here: Town) -> None:
    await live_to_the_release(here)
    before = (await answers(here).laptops(LaptopFilter())).at_a_glance
    await here.wipe(here.laptops["L1"])
    after = (await answers(here).laptops(LaptopFilter())).at_a_glance

    assert (before.locks, before.wipes, before.unproven) == (Ordered(ordered=2, proven=2), Ordered(
        ordered=1, proven=0
    ), 1)  # fmt: skip
    assert (after.wipes, after.unproven, after.overdue) == (Ordered(ordered=1, proven=1), 0, 2)


@pytest.mark.parametrize(
    ("filesystems", "count"),
    [
        ([{"path": "/", "encrypted": 0}], 1),
        ([{"path": "/", "encrypted": 1}, {"path": "/home", "encrypted": 0}], 1),
        ([{"path": "/boot", "encrypted": 0}, {"path": "/", "encrypted": 1}], 0),
        ([{"path": "/", "encrypted": None}], 0),
        (None, None),
        ([], None),
    ],
)
async def test_laptops_that_say_that_their_disk_is_open_are_counted(
    here: Town, filesystems: object, count: int | None
) -> None:
    digest, raw = inventory_document(filesystems=filesystems, disks=None)
    laptop = here.laptops["L1"]

    await here.visit(laptop, digests={"storage": digest}, documents={"storage": msgspec.Raw(raw)})

    assert (await answers(here).laptops(LaptopFilter())).at_a_glance.unencrypted == count


async def test_rights_that_end_soon_are_counted(here: Town) -> None:
    await here.lives_to(TERM_END - timedelta(days=10))

    glance = (await answers(here).laptops(LaptopFilter())).at_a_glance

    assert glance.ending == {30: 2, 14: 2, 7: 0, 1: 0}


async def test_one_laptops_page_tells_its_whole_story(here: Town) -> None:
    await live_to_the_release(here)
    await here.wipe(here.laptops["L1"])

    told = await page(here)

    done = {step.verb: step.done for step in told.steps if step.verb in (Verb.LOCK, Verb.WIPE)}
    assert all(done.values())
    assert next(step for step in told.steps if step.verb is Verb.PROPOSE_CHARGE).needs == (
        Need.HUMAN_DECISION,
    )
    assert [row.state for row in told.directives][:2] == [DirectiveState.WIPED, DirectiveState.LOCKED]
    assert told.directives[0].held
    assert "31.5.2029" in told.directives[1].reason["fi"]
    assert [row.act for row in told.receipts] == [Act.WIPE, Act.LOCK]
    assert told.proof is not None
    assert told.proof.proven
    assert [row.holder for row in told.custodies] == ["Aino Esimerkki"]
    actions = [row.action for row in told.audit]
    assert {"directive_signed", "receipt_stored", "manifest_approved", "release_stored"} <= set(actions)
    assert [row.position for row in told.audit] == sorted((row.position for row in told.audit), reverse=True)
    assert {row.actor for row in told.audit if row.action == "release_stored"} == {"signer"}


async def test_an_unknown_serial_has_no_page(here: Town) -> None:
    assert await answers(here).laptop(Serial("unknown")) is None


async def test_the_wipes_show_lists_signatures_and_how_far_each_laptop_has_come(here: Town) -> None:
    await here.lives_to("2029-05-20")
    before = await answers(here).manifests()
    await here.approve_all()
    await live_to_the_release(here)

    after = await answers(here).manifests()

    assert before.wipe_switched_on
    assert (before.manifests[0].approvals, before.manifests[0].threshold) == ((), 2)
    (row,) = after.manifests
    assert len(row.approvals) == 2
    assert all(approval.at for approval in row.approvals)
    (laptop,) = row.laptops
    assert (laptop.serial, laptop.holder) == ("L1", "Aino Esimerkki")
    assert laptop.released == here.now
    assert laptop.locked is not None
    assert laptop.proven is None


async def test_a_due_laptop_on_no_list_is_shown(here: Town) -> None:
    await here.lives_to("2029-05-20")
    async with here.store.writing() as tx:
        for manifest in await tx.campaigns.manifests():
            await tx.campaigns.withdraw(manifest.id)
    here.goes_to("2029-06-03")

    told = await answers(here).manifests()

    assert told.manifests == ()
    assert [row.serial for row in told.unlisted] == ["L1"]


async def test_before_the_key_ceremony_wiping_is_off(tmp_path: Path) -> None:
    async with town(tmp_path, signer=False) as plain:
        assert not (await answers(plain).manifests()).wipe_switched_on


async def test_a_document_nested_without_end_hides_no_other_laptop(here: Town) -> None:
    device = (await here.device("L1")).id
    async with here.store.writing() as tx:
        await tx.devices.put_documents(device, {"storage": ("0", b"[" * 100_000)}, here.now)

    assert (await answers(here).laptops(LaptopFilter())).at_a_glance.unencrypted is None
