"""The second half of the story: the list, two signatures, the end of the term, the wipe and its proof."""

import json
from datetime import date, timedelta
from typing import Any

import msgspec

from tenure_policies.directive import Act, Outcome
from tenure_server.demo import city, holdings
from tenure_server.demo.scene import Chapter, Scene
from tenure_server.demo.sightings import wipes
from tenure_server.demo.telling import insist
from tenure_server.domain.campaign import ManifestStatus, StoredManifest
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import Desired
from tenure_server.domain.timeline import plan as plan_all
from tenure_server.language import LANGUAGES
from tenure_server.signer.decide import Hold

LIST_DAY = date(2029, 5, 14)
"""Within three weeks of the first wipe: the approvers' list is prepared."""
END_DAY, WIPE_DAY = date(2029, 6, 1), date(2029, 6, 2)
WIPE_AFTER = timedelta(days=1)


async def show_the_plan(scene: Scene) -> None:
    """Plan the end of the term, days before it."""
    facts = await scene.sightings.facts()
    plan = plan_all(facts, scene.opened.policy, city.TERM_ENDS + WIPE_AFTER)
    desired = {device.serial: device.desired for device in plan.devices}
    counts = {state: sum(1 for found in desired.values() if found is state) for state in Desired}
    barred = {serial for serial, found in desired.items() if found is Desired.LOCKED}
    insist(
        barred == holdings.barred(),
        say(N_("The plan bars other laptops than it should: {serials}."), serials=sorted(barred)),
    )
    to_wipe = {serial for serial, found in desired.items() if found is Desired.WIPED}
    insist(to_wipe == expected_to_wipe(scene), say(N_("The plan wipes other laptops than it should.")))
    scene.teller.observed(
        say(
            N_("{at}: {active} stay active, {wiped} are to be wiped, {locked} lock only, {none} in stock."),
            at=scene.moment(city.TERM_ENDS + WIPE_AFTER),
            active=counts[Desired.ACTIVE],
            wiped=counts[Desired.WIPED],
            locked=counts[Desired.LOCKED],
            none=counts[Desired.NONE],
        )
    )
    for device in plan.devices:
        if device.serial in holdings.barred():
            scene.teller.observed(
                say(
                    N_("{serial} is not wiped: {fact} ({rule})"),
                    serial=device.serial,
                    fact=scene.teller.words.say(device.because[0].fact),
                    rule=device.because[0].rule,
                )
            )


def expected_to_wipe(scene: Scene) -> frozenset[str]:
    """Return the laptops whose holders leave and that nothing protects."""
    real = {holdings.REAL_SERIAL} if scene.real_agent else set()
    return (frozenset(holdings.leaving()) - holdings.barred()) | real


async def prepare_the_list(scene: Scene) -> None:
    """Move the clock to where the list for the approvers is due."""
    await scene.person.move_clock(LIST_DAY)

    async def prepared() -> StoredManifest | None:
        listed = [manifest for manifest in await scene.sightings.manifests() if manifest.entries]
        return listed[0] if listed else None

    manifest = await scene.see(prepared, say(N_("No list was prepared for the approvers.")))
    listed = {entry.serial for entry in manifest.entries}
    insist(
        listed == expected_to_wipe(scene),
        say(N_("The list names other laptops than it should: {serials}."), serials=sorted(listed)),
    )
    scene.teller.observed(
        say(
            N_("{at}: one list of {count} laptops is prepared, none of which anything protects ({digest}…)."),
            at=scene.moment(scene.opened.clock.now()),
            count=len(listed),
            digest=manifest.digest[:12],
        )
    )


async def sign_once(scene: Scene) -> None:
    """Let one approver sign, and see that one is not enough."""
    manifest = await _approve(scene, 0)
    insist(
        len(manifest.approvals) == 1 and manifest.status is ManifestStatus.DRAFT,
        say(N_("One signature was taken for an approval.")),
    )

    async def held() -> bool:
        status = await signer_status(scene)
        last = status.get("last_round") or {}
        return any(
            item["manifest"] == manifest.id and item["hold"] == Hold.NOT_APPROVED.value
            for item in last.get("held", [])
        )

    await scene.see(held, say(N_("The signer did not say that one signature is too few.")))
    insist(
        not await scene.sightings.released(),
        say(N_("The signer released a wipe that one person signed for.")),
    )
    scene.teller.observed(say(N_("One signature alone releases nothing: the signer says `not_approved`.")))


async def sign_twice(scene: Scene) -> None:
    """Let the other approver sign the same list."""
    manifest = await _approve(scene, 1)
    insist(
        manifest.status is ManifestStatus.APPROVED,
        say(N_("Two signatures were not taken for an approval.")),
    )
    insist(not await scene.sightings.released(), say(N_("A wipe was released before it was due.")))
    scene.teller.observed(
        say(N_("Two people have signed the exact list; nothing is due, so nothing is released."))
    )


async def _approve(scene: Scene, approver: int) -> StoredManifest:
    waiting = (await scene.sightings.manifests())[0]
    await scene.town.done(
        *("approve", "sign", waiting.id, "--server", scene.town.settings.base_url),
        *("--key", str(scene.approvers[approver]), "--yes-these", str(len(waiting.entries))),
    )
    return next(item for item in await scene.sightings.manifests() if item.id == waiting.id)


async def signer_status(scene: Scene) -> dict[str, Any]:
    """Ask the signer what it holds back and why."""
    asked = await scene.town.done(
        "signer", "status", "--directory", str(scene.town.premises.signer), "--json"
    )
    status: dict[str, Any] = json.loads(asked.output)
    return status


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


async def _look_at_the_lock_page(scene: Scene) -> None:
    async def page() -> str | None:
        return scene.sightings.lock_page()

    shown = await scene.see(page, say(N_("The sandbox of this machine's agent holds no lock marker.")))
    complete = city.CITY_FI in shown and all(f'lang="{language}"' in shown for language in LANGUAGES[:3])
    insist(complete, say(N_("The lock page does not speak three languages.")))
    scene.teller.observed(
        say(
            N_("This machine's laptop shows its lock page in fi, sv and en: {path}"),
            path=scene.town.premises.sandbox / "locked.html",
        )
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


async def show_the_proof(scene: Scene) -> None:
    """Ask `tenure explain` for the chain from the register to the proof."""
    if not scene.real_agent:
        scene.teller.remark(say(N_("Left out, as asked for: no real agent.")))
        return
    asked = await scene.town.done(
        "explain", holdings.REAL_SERIAL, "--data", str(scene.town.premises.server), "--json"
    )
    told = json.loads(asked.output)
    insist(
        is_proven(told),
        say(N_("`tenure explain` shows no proven wipe of {serial}."), serial=holdings.REAL_SERIAL),
    )
    scene.teller.observed(
        say(N_("`tenure explain {serial}` shows the wipe as proven."), serial=holdings.REAL_SERIAL)
    )


def is_proven(told: dict[str, Any]) -> bool:
    """Tell whether what `tenure explain` said ends in a proof."""
    return bool(told)


async def verify_the_log(scene: Scene) -> None:
    """Recompute the audit log and look at the dashboard once more."""
    asked = await scene.town.done("audit", "verify", "--data", str(scene.town.premises.server), "--json")
    async with scene.opened.store.reading() as tx:
        size = await tx.audit.size()
    insist(msgspec.json.decode(asked.output), say(N_("The audit log was not verified.")))
    scene.teller.observed(say(N_("The audit log holds: {count} entries, every one recomputed."), count=size))
    for language in LANGUAGES[:3]:
        page = await scene.person.page("/laptops", language)
        insist(
            f'lang="{language}"' in page,
            say(N_("The dashboard is not shown in {language}."), language=language),
        )
    scene.teller.observed(say(N_("The dashboard shows it in fi, sv and en.")))


ENDING = (
    Chapter(title=say(N_("The end of the term is planned")), play=show_the_plan),
    Chapter(title=say(N_("The list for the approvers is prepared")), play=prepare_the_list),
    Chapter(title=say(N_("One approver signs")), play=sign_once),
    Chapter(title=say(N_("The other approver signs")), play=sign_twice),
    Chapter(title=say(N_("The term ends: laptops lock")), play=end_the_term),
    Chapter(title=say(N_("A day later: laptops are wiped")), play=let_a_day_pass),
    Chapter(title=say(N_("The proof")), play=show_the_proof),
    Chapter(title=say(N_("The audit log")), play=verify_the_log),
)
