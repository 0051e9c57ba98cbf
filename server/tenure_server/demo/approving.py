"""The middle of the story: the plan of the term's end, the list for the approvers, and two signatures."""

import json
from datetime import date, timedelta
from typing import Any

from tenure_server.demo import city, holdings
from tenure_server.demo.scene import Chapter, Scene
from tenure_server.demo.telling import insist
from tenure_server.domain.campaign import ManifestStatus, StoredManifest
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import Desired
from tenure_server.domain.timeline import plan as plan_all
from tenure_server.signer.decide import Hold

LIST_DAY = date(2029, 5, 14)
"""Within three weeks of the first wipe: the approvers' list is prepared."""
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


MIDDLE = (
    Chapter(title=say(N_("The end of the term is planned")), play=show_the_plan),
    Chapter(title=say(N_("The list for the approvers is prepared")), play=prepare_the_list),
    Chapter(title=say(N_("One approver signs")), play=sign_once),
    Chapter(title=say(N_("The other approver signs")), play=sign_twice),
)
