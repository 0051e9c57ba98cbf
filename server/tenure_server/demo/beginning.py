"""The first half of the story: keys, register, laptops, this machine's agent, and a handover."""

import platform
from typing import Any

from tenure_policies.payloads import DirectiveState, Profile, Role
from tenure_server.demo import city, holdings
from tenure_server.demo.administrator import Administrator
from tenure_server.demo.scene import Chapter, Scene
from tenure_server.demo.telling import insist
from tenure_server.domain.message import N_, say

GIB = 1024**3


async def found_the_city(scene: Scene) -> None:
    """Make the municipality; the server keeps the online key only."""
    first = await scene.town.found()
    root = scene.town.premises.server / "root-key.pem"
    kept = sorted(path.name for path in (scene.town.premises.server / "keys").iterdir())
    insist(b"ENCRYPTED" in root.read_bytes(), say(N_("The root key was not exported encrypted.")))
    insist(
        kept == ["directive.pem", "server-secret"] and first.passphrase,
        say(N_("The server kept other keys than it should: {kept}."), kept=", ".join(kept)),
    )
    scene.teller.observed(
        say(
            N_("{fi} - {sv} has demo keys; root is exported encrypted, the server keeps `directive` only."),
            fi=city.CITY_FI,
            sv=city.CITY_SV,
        )
    )


async def serve(scene: Scene) -> None:
    """Start the server and sign in by the one-time link."""
    await scene.town.start_server()
    scene.administrator = Administrator(scene.town.settings.base_url)
    await scene.administrator.sign_in(scene.town.first.sign_in_token if scene.town.first else "")
    scene.teller.observed(
        say(
            N_("The server answers at {url}; an administrator is signed in by the one-time link."),
            url=scene.town.settings.base_url,
        )
    )


async def switch_wiping_on(scene: Scene) -> None:
    """Hold the key ceremony and start the signer."""
    scene.approvers = await scene.town.make_approvers()
    await scene.town.hold_ceremony()
    await scene.town.start_signer()
    async with scene.opened.store.reading() as tx:
        documents = [document for document, _ in await tx.directives.keys_documents()]
    newest = documents[-1]
    approve = newest.roles.get(Role.APPROVE)
    named = approve is not None and Role.RELEASE in newest.roles and newest.profile is Profile.DEMO
    insist(len(documents) == 2 and named, say(N_("The key ceremony left no keys for a wipe.")))  # noqa: PLR2004
    scene.teller.observed(
        say(
            N_(
                "Keys, version {number}: {needed} of {all} approvers, and a release key only with the signer."
            ),
            number=newest.number,
            needed=0 if approve is None else approve.threshold,
            all=0 if approve is None else len(approve.keyids),
        )
    )


async def import_the_register(scene: Scene) -> None:
    """Import the register and the lists as a user would."""
    folder = scene.town.premises.files
    holdings.write_files(folder)
    await scene.town.done(
        *("import", "--data", str(scene.town.premises.server), "--register", str(folder / "mandates.csv")),
        *("--register-date", city.REGISTER_DATE.isoformat(), "--devices", str(folder / "devices.csv")),
        *("--custody", str(folder / "custody.csv"), "--holds", str(folder / "holds.csv")),
    )
    facts = await scene.sightings.facts()
    counts = (len(facts.people), len(facts.mandates), len(facts.assets), len(facts.holds))
    expected = (len(city.EVERYBODY), len(list(city.seats())), holdings.LAPTOPS, 1)
    insist(
        counts == expected,
        say(N_("The register holds {counts}, not {expected}."), counts=counts, expected=expected),
    )
    scene.teller.observed(
        say(
            N_("{people} people, {mandates} mandates in {bodies} bodies, {laptops} laptops, {holds} hold."),
            people=counts[0],
            mandates=counts[1],
            bodies=len(facts.bodies),
            laptops=counts[2],
            holds=counts[3],
        )
    )


async def enrol_the_laptops(scene: Scene) -> None:
    """Start the simulated laptops and wait until each follows a signed directive."""
    count = await scene.town.start_laptops()

    async def all_follow() -> int | None:
        following = (await scene.sightings.fleet()).following()
        return len(following) if len(following) >= count else None

    followed = await scene.see(all_follow, say(N_("Not every simulated laptop follows a directive.")))
    scene.teller.observed(
        say(
            N_("{count} simulated laptops enrolled with keys of their own and follow a signed directive."),
            count=followed,
        )
    )


async def enrol_this_machine(scene: Scene) -> None:
    """Enrol a real agent of this machine and look at what it reports."""
    if not scene.real_agent:
        scene.teller.remark(say(N_("Left out, as asked for: no real agent.")))
        return
    await scene.town.enrol_agent()
    await scene.town.start_agent()

    async def reported() -> dict[str, Any] | None:
        documents = await scene.sightings.documents(holdings.REAL_SERIAL)
        return documents if {"system", "os", "storage"} <= documents.keys() else None

    documents = await scene.see(reported, say(N_("The agent of this machine reported no inventory.")))
    system, reported_os = documents["system"]["system"] or {}, documents["os"]["os"] or {}
    insist(
        reported_os.get("name") and reported_os.get("name") == name_of_this_system(reported_os),
        say(N_("The reported system {name} is not this machine's."), name=reported_os.get("name")),
    )
    filesystems = documents["storage"].get("filesystems") or []
    scene.teller.observed(
        say(
            N_("The agent of this machine reported: {os} {version}, {cpu}, {memory} GiB of memory."),
            os=reported_os["name"],
            version=reported_os.get("version", ""),
            cpu=system.get("cpu_brand", ""),
            memory=scene.teller.words.number(round(int(system.get("physical_memory") or 0) / GIB, 1)),
        )
    )
    disks = ", ".join(f"{item['path']} {item['type']}" for item in filesystems[:3])
    encrypted = sum(1 for item in filesystems if item["encrypted"])
    scene.teller.observed(
        say(
            N_("Its file systems: {disks}; encrypted: {encrypted} of {count}."),
            disks=disks or "-",
            encrypted=encrypted,
            count=len(filesystems),
        )
    )
    await _look_at_the_volume(scene)


def name_of_this_system(reported: dict[str, Any]) -> str:
    """Return what this machine's own release file calls its system; the reported name where it has none."""
    try:
        return platform.freedesktop_os_release()["NAME"]
    except OSError:
        return str(reported.get("name", ""))


async def _look_at_the_volume(scene: Scene) -> None:
    scene.wiping_is_real = await scene.sightings.volume_opens() is True
    if scene.wiping_is_real:
        scene.teller.observed(
            say(N_("Its sandbox has an encrypted volume (LUKS2), and cryptsetup opens it with its key."))
        )
    else:
        scene.teller.remark(
            say(
                N_(
                    "cryptsetup is not on this machine: the wipe will be emulated and never proven, so this "
                    "story cannot end well. Install it with: sudo apt install cryptsetup-bin"
                )
            )
        )


async def hand_over_a_laptop(scene: Scene) -> None:
    """Hand this machine's laptop over to a councillor who leaves, and see the lease arrive."""
    if not scene.real_agent:
        scene.teller.remark(say(N_("Left out, as asked for: no real agent.")))
        return
    receiver = city.person(holdings.REAL_HOLDER)
    await hand_over(scene)

    async def leased() -> bool:
        directive = await scene.sightings.directive(holdings.REAL_SERIAL)
        visit = (await scene.sightings.fleet()).visit(holdings.REAL_SERIAL)
        if directive is None or visit is None or directive.lock_at is None:
            return False
        return directive.state is DirectiveState.ACTIVE and visit.held_seq == directive.seq

    await scene.see(leased, say(N_("The agent does not hold a lease for its new holder.")))
    directive = await scene.sightings.directive(holdings.REAL_SERIAL)
    lock_at = None if directive is None else directive.lock_at
    insist(
        lock_at == city.TERM_ENDS,
        say(N_("The lease ends at another moment than the term: {at}."), at=lock_at),
    )
    scene.teller.observed(
        say(
            N_("{name} has {serial}; its agent holds a lease until {at} and locks by itself then."),
            serial=holdings.REAL_SERIAL,
            name=f"{receiver.given} {receiver.family}",
            at=scene.moment(city.TERM_ENDS),
        )
    )


async def hand_over(scene: Scene) -> None:
    """Write the handover down as the helpdesk does.

    Raises:
        RefusedError: It was refused.
    """
    await scene.town.done(
        *("hand-over", holdings.REAL_SERIAL, "--to", f"person:{city.person_id(holdings.REAL_HOLDER)}"),
        *("--data", str(scene.town.premises.server)),
    )


BEGINNING = (
    Chapter(title=say(N_("An invented city gets its keys")), play=found_the_city),
    Chapter(title=say(N_("The server starts")), play=serve),
    Chapter(title=say(N_("Two people switch wiping on")), play=switch_wiping_on),
    Chapter(title=say(N_("The register is imported")), play=import_the_register),
    Chapter(title=say(N_("Laptops enrol")), play=enrol_the_laptops),
    Chapter(title=say(N_("This very machine enrols as one more laptop")), play=enrol_this_machine),
    Chapter(title=say(N_("It is handed over to a councillor")), play=hand_over_a_laptop),
)
