"""Moving the demo's clock from the page. A real installation has no such route."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from tenure_server.domain.message import N_, Message
from tenure_server.usecases.dashboard import MovableClock
from tenure_server.web.dashboard.desk import Desk, PageError
from tenure_server.web.dashboard.sign_in import require_our_own_page

Move = Literal["hour", "day", "next", "date"]
_NO_DATE = Message(N_("Give the date as year-month-day, for example 2029-06-01."))
_BACKWARDS = Message(N_("The clock only moves forward. Choose a later date."))
_NOTHING_NEXT = Message(N_("Nothing more will happen by itself."))


def routes(desk: Desk, clock: MovableClock) -> APIRouter:
    """Return the routes of the clock."""
    router = APIRouter(include_in_schema=False)

    @router.post("/clock")
    async def move(
        request: Request,
        move: Annotated[Move, Form()],
        day: Annotated[str, Form(max_length=10)] = "",
        back: Annotated[str, Form(max_length=500)] = "/laptops",
    ) -> Response:
        """Move the clock and come back to the page."""
        require_our_own_page(request)
        await desk.reader(request)
        await _move(clock, move, day, desk.look.zone)
        return RedirectResponse(back if _is_local(back) else "/laptops", status_code=303)

    @router.get("/clock/live")
    async def live(request: Request) -> Response:
        """Show what time it is now."""
        visitor = await desk.reader(request)
        return desk.part(request, visitor, "parts/clock.html", {"clock": await desk.clock_bar(visitor)})

    return router


async def _move(clock: MovableClock, move: Move, day: str, zone: ZoneInfo) -> None:
    match move:
        case "hour":
            await clock.move_by(timedelta(hours=1))
        case "day":
            await clock.move_by(timedelta(days=1))
        case "next":
            event = await clock.next_event()
            if event is None:
                raise PageError(409, _NOTHING_NEXT)
            await clock.move_to(event.at)
        case "date":
            at = start_of_day(day, zone)
            if at <= await clock.now():
                raise PageError(400, _BACKWARDS)
            await clock.move_to(at)


def start_of_day(day: str, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day.

    Raises:
        PageError: it is no date.
    """
    try:
        return datetime.combine(date.fromisoformat(day), time(0), zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise PageError(400, _NO_DATE) from error


def _is_local(address: str) -> bool:
    return address.startswith("/") and not address.startswith(("//", "/\\"))
