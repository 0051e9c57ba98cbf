"""A followed town with a helpdesk, and the laptops that its cases are about.

desk, laptop = await issued(here, council())
await desk.back("L1")
await wiped_and_proven(here, laptop)
"""

from fakes.city import City
from fakes.desk import Desk
from fakes.follow_up import FollowedTown
from fakes.town import Laptop


def committee(until: str = "2029-05-31") -> City:
    """Bert and Carl sit, Disa is deputy to both; the laptops are in stock."""
    city = City().seat("bert", "committee", until=until).seat("carl", "committee", until=until)
    return city.seat("disa", "committee", "deputy").device("L1").device("L2")


def council(until: str = "2029-05-31", **laptop: object) -> City:
    """Aino and Bert sit in the council; the laptops are in stock."""
    city = City().seat("aino", until=until).seat("bert", until="2029-12-31")
    return city.device("L1", **laptop).device("L2")


async def began(here: FollowedTown, register: City, day: str = "2029-03-01T09:00:00+02:00") -> Desk:
    here.town.goes_to(day)
    await here.know(register)
    return Desk(here.town)


async def issued(here: FollowedTown, register: City, person: str = "aino") -> tuple[Desk, Laptop]:
    """L1 is the person's, enrolled and following its directive."""
    desk = await began(here, register)
    await desk.issue("L1", person)
    laptop = await here.town.enrol("L1")
    await here.town.sweep()
    await here.town.visit(laptop)
    return desk, laptop


async def wiped_and_proven(here: FollowedTown, laptop: Laptop) -> None:
    """What came back is locked, approved, released and wiped."""
    await here.town.sweep()
    await here.town.lock(laptop)
    await here.town.sweep()
    manifest = (await here.town.approve_all())[-1]
    await here.town.release(manifest, laptop.serial)
    await here.town.sweep()
    await here.town.wipe(laptop)
