"""The municipality's count of news, and which laptops got some since."""

from typing import Any

from sqlalchemy import Select, select, update

from tenure_server.adapters.database.connection import Connection
from tenure_server.adapters.database.tables import device, municipality_head
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.ids import DeviceId, MunicipalityId
from tenure_server.domain.message import N_, say


async def next_news_mark(connection: Connection) -> int:
    """Return this transaction's news mark; the first call takes the municipality's next."""
    if connection.news_mark is not None:
        return connection.news_mark
    mark = await connection.value(
        update(municipality_head)
        .where(connection.mine(municipality_head))
        .values(news_mark=municipality_head.c.news_mark + 1)
        .returning(municipality_head.c.news_mark)
    )
    if mark is None:
        raise NotFoundError(say(N_("This municipality has not been set up yet.")))
    connection.news_mark = int(mark)
    return connection.news_mark


def newest_marks(municipalities: list[MunicipalityId]) -> Select[Any]:
    """Ask for the newest news mark of some municipalities."""
    head = municipality_head.c
    return select(head.municipality_id, head.news_mark).where(head.municipality_id.in_(municipalities))


def news_since(municipality: MunicipalityId, mark: int) -> Select[Any]:
    """Ask which laptops got news after a mark, and their marks."""
    return select(device.c.device_id, device.c.news_mark).where(
        device.c.municipality_id == municipality, device.c.news_mark > mark
    )


def news_of(municipality: MunicipalityId, devices: list[DeviceId]) -> Select[Any]:
    """Ask for the present news of some laptops."""
    return select(device.c.device_id, device.c.news).where(
        device.c.municipality_id == municipality, device.c.device_id.in_(devices)
    )
