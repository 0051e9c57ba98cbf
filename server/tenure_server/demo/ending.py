"""The last part of the story: the end of the term, the wipe, its proof and the log."""

import asyncio
import json
from datetime import date, timedelta
from typing import Any

from tenure_policies.payloads import Act, Outcome
from tenure_server.demo import city, holdings
from tenure_server.demo.approving import expected_to_wipe
from tenure_server.demo.mailboxes import see_sign_in_blocked
from tenure_server.demo.scene import Chapter, Scene
from tenure_server.demo.sightings import PAGE, wipes
from tenure_server.demo.telling import insist
from tenure_server.domain.device import StoredReceipt
from tenure_server.domain.ids import DeviceId
from tenure_server.domain.message import N_, say
from tenure_server.language import LANGUAGES
from tenure_server.usecases.explanation import WipeState

END_DAY, WIPE_DAY, RETURN_DAY = date(2029, 6, 1), date(2029, 6, 2), date(2029, 6, 5)
MOMENTS = timedelta(minutes=1)
CHAIN = [("lock", "done"), ("wipe", "accepted"), ("wipe", "running"), ("wipe", "done")]
"""What the laptop signs, in this order."""


async def end_the_term(scene: Scene) -> None:
    """Move the clock to the end of the term: leavers' laptops lock."""
    await scene.person.move_clock(END_DAY)
    in_reach = (expected_to_wipe(scene) | holdings.barred()) - holdings.away()

    async def all_locked() -> frozenset[str] | None:
        locked = (await scene.sightings.fleet()).locked()
        return locked if locked >= in_reach else None

    locked = await scene.see(all_locked, say(N_("Not every leaver's laptop locked.")))
    wrongly = locked - in_reach
    insist(not wrongly, say(N_("Laptops locked that should not: {serials}."), serials=sorted(wrongly)))
    scene.teller.observed(
        say(
            N_("{at}: {count} laptops say, each under its own key, that they are locked."),
            at=scene.moment(scene.opened.clock.now()),
            count=len(locked),
        )
    )
    if scene.real_agent:
        await _look_at_the_lock_page(scene)
    await _look_at_those_who_stay(scene)
    await see_sign_in_blocked(scene)


async def _look_at_the_lock_page(scene: Scene) -> None:
    async def page() -> str | None:
        return scene.sightings.lock_page()

    shown = await scene.see(page, say(N_("The sandbox of this machine's agent holds no lock marker.")))
    complete = city.CITY_FI in shown and all(f'lang="{language}"' in shown for language in LANGUAGES[:3])
    insist(complete, say(N_("The lock page does not speak three languages.")))
    scene.teller.observed(
        say(N_("This machine's laptop shows its lock page, {page}, in fi, sv and en."), page=PAGE)
    )


async def _look_at_those_who_stay(scene: Scene) -> None:
    serial = holdings.serial_of(holdings.REELECTED_EXAMPLE)
    visit = (await scene.sightings.fleet()).visit(serial)
    directive = await scene.sightings.directive(serial)
    stays = (
        visit is not None and not visit.locked and directive is not None and directive.state.value == "active"
    )
    insist(stays, say(N_("A re-elected councillor's laptop did not stay active.")))
    held = holdings.serial_of(holdings.HELD_PERSON)
    listed = {entry.serial for manifest in await scene.sightings.manifests() for entry in manifest.entries}
    insist(held not in listed, say(N_("A laptop under a hold is on the list for wiping.")))
    scene.teller.observed(
        say(
            N_("{active} of a re-elected councillor is active; {held}, under a hold, is locked, on no list."),
            active=serial,
            held=held,
        )
    )


async def let_a_day_pass(scene: Scene) -> None:
    """Move the clock on by the day of grace: the signer releases, the laptops wipe."""
    await scene.person.move_clock(WIPE_DAY)
    due = expected_to_wipe(scene) - holdings.away()

    async def all_released() -> int | None:
        fleet = await scene.sightings.fleet()
        released = await scene.sightings.released()
        serials = {device.serial for device in fleet.devices if device.id in released}
        return len(serials) if serials >= due else None

    count = await scene.see(all_released, say(N_("The signer did not release every wipe that was due.")))
    insist(count == len(due), say(N_("The signer released wipes that were not due: {count}."), count=count))
    scene.teller.observed(say(N_("The signer released {count} wipes by itself."), count=count))
    if scene.real_agent:
        await _see_the_real_wipe(scene)
    await _see_the_emulated_wipes(scene, len(due) - int(scene.real_agent))


async def _see_the_real_wipe(scene: Scene) -> None:
    fleet = await scene.sightings.fleet()
    device = next(device for device in fleet.devices if device.serial == holdings.REAL_SERIAL)

    async def reported() -> bool:
        found = wipes(await scene.sightings.receipts(), Outcome.DONE, Outcome.UNCONFIRMED).get(device.id)
        return found is not None and found.proof is not None

    await scene.see(reported, say(N_("The agent of this machine did not report a wipe.")))
    if not scene.wiping_is_real:
        scene.teller.remark(say(N_("This machine's wipe was emulated: not proven.")))
        return
    opens = await scene.sightings.volume_opens()
    insist(opens is False, say(N_("cryptsetup still opens the volume, or could not be asked.")))
    scene.teller.observed(say(N_("cryptsetup luksErase ran: the volume that opened before opens no more.")))


async def _see_the_emulated_wipes(scene: Scene, count: int) -> None:
    async def all_reported() -> int | None:
        receipts = await scene.sightings.receipts()
        emulated = [
            receipt
            for receipt in wipes(receipts, Outcome.UNCONFIRMED).values()
            if receipt.proof is not None and receipt.proof.emulated and receipt.serial != holdings.REAL_SERIAL
        ]
        return len(emulated) if len(emulated) >= count else None

    reported = await scene.see(all_reported, say(N_("Not every simulated laptop reported its wipe.")))
    claimed = [
        item for item in await scene.sightings.receipts() if item.proven and item.act == Act.WIPE.value
    ]
    allowed = 1 if scene.real_agent and scene.wiping_is_real else 0
    insist(len(claimed) <= allowed, say(N_("A simulated wipe counts as proven.")))
    scene.teller.observed(
        say(
            N_("{count} simulated laptops emulated theirs, {away} are out of reach: all are unproven."),
            count=reported,
            away=len(holdings.away()),
        )
    )


async def let_the_absent_return(scene: Scene) -> None:
    """Move the clock on until the absent laptops are back: their own leases have locked them in time."""
    await scene.person.move_clock(RETURN_DAY)
    fleet = await scene.sightings.fleet()
    absent = {device.id for device in fleet.devices if device.serial in holdings.away()}

    async def all_back() -> dict[DeviceId, StoredReceipt] | None:
        locks = {
            receipt.device: receipt
            for receipt in await scene.sightings.receipts()
            if receipt.device in absent and receipt.act == Act.LOCK.value
        }
        return locks if locks.keys() == absent else None

    locks = await scene.see(
        all_back, say(N_("The laptops that were out of reach did not report their locks."))
    )
    in_time = all(lock.by_lease and lock.at < city.TERM_ENDS + MOMENTS for lock in locks.values())
    insist(in_time, say(N_("A laptop that was out of reach did not lock by its own lease in time.")))
    scene.teller.observed(
        say(
            N_("{at}: {serials} report that they locked by their own lease at {locked}, without a server."),
            at=scene.moment(scene.opened.clock.now()),
            serials=", ".join(sorted(holdings.away())),
            locked=scene.moment(min(lock.at for lock in locks.values())),
        )
    )


async def show_the_proof(scene: Scene) -> None:
    """Ask `tenure explain` for the chain from the register to the proof, and for one that proves nothing."""
    serial = min(expected_to_wipe(scene) - holdings.away() - {holdings.REAL_SERIAL})
    wanted = (serial, holdings.REAL_SERIAL) if scene.real_agent else (serial,)
    told, *real = await asyncio.gather(*(_explained(scene, one) for one in wanted))
    for chain in real:
        _check_chain(scene, chain)
    is_honest = told["wipe"]["state"] == WipeState.EMULATED.value
    insist(
        is_honest,
        say(N_("`tenure explain {serial}` does not say that the wipe was emulated."), serial=serial),
    )
    scene.teller.observed(
        say(N_("`tenure explain {serial}`: emulated by a simulation, not proven."), serial=serial)
    )


async def _explained(scene: Scene, serial: str) -> dict[str, Any]:
    asked = await scene.town.done("explain", serial, "--data", str(scene.town.premises.server), "--json")
    told: dict[str, Any] = json.loads(asked.output)
    return told


def _check_chain(scene: Scene, told: dict[str, Any]) -> None:
    serial = holdings.REAL_SERIAL
    if not scene.wiping_is_real:
        scene.teller.remark(say(N_("`tenure explain {serial}`: emulated, not proven."), serial=serial))
        return
    said = [(receipt["act"], receipt["outcome"]) for receipt in told["receipts"]]
    signed = [order["state"] for order in told["directives"]]
    lists = [one for one in told["authority"] if one["released"] is not None]
    links = [*told["directives"], *told["authority"], *told["receipts"]]
    whole = (
        told["wipe"]["state"] == WipeState.PROVEN.value
        and said == CHAIN
        and signed[-2:] == ["locked", "wiped"]
        and [len(one["approvals"]) for one in lists] == [len(scene.approvers)]
        and all(link["audit"] for link in links)
    )
    insist(whole, say(N_("`tenure explain {serial}` shows no whole chain to a proof."), serial=serial))
    scene.teller.observed(
        say(
            N_(
                "`tenure explain {serial}` shows the wipe as proven ({method}): {rule}, {directives} orders, "
                "{approvals} approvals, a release, {receipts} receipts, each at its place in the log."
            ),
            serial=serial,
            method=told["wipe"]["method"],
            rule=told["because"][0]["rule"],
            directives=len(signed),
            approvals=len(lists[0]["approvals"]),
            receipts=len(said),
        )
    )


async def verify_the_log(scene: Scene) -> None:
    """Recompute the audit log and look at the dashboard once more."""
    asked = await scene.town.done("audit", "verify", "--data", str(scene.town.premises.server), "--json")
    verdict = json.loads(asked.output)
    insist(verdict["holds"] and verdict["size"], say(N_("The audit log was not verified.")))
    scene.teller.observed(
        say(
            N_("The audit log holds: {count} entries recomputed, {checkpoints} signed checkpoints agree."),
            count=verdict["size"],
            checkpoints=verdict["checkpoints"],
        )
    )
    for language in LANGUAGES[:3]:
        page = await scene.person.page("/laptops", language)
        insist(
            f'lang="{language}"' in page,
            say(N_("The dashboard is not shown in {language}."), language=language),
        )
    scene.teller.observed(say(N_("The dashboard shows it in fi, sv and en.")))


ENDING = (
    Chapter(title=say(N_("The term ends: laptops lock")), play=end_the_term),
    Chapter(title=say(N_("A day later: laptops are wiped")), play=let_a_day_pass),
    Chapter(title=say(N_("Laptops that were out of reach come back")), play=let_the_absent_return),
    Chapter(title=say(N_("The proof")), play=show_the_proof),
    Chapter(title=say(N_("The audit log")), play=verify_the_log),
)
