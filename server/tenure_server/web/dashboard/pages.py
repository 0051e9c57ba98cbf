"""The pages of laptops and wipes (mail: `mail_pages`). A handler parses, asks once, presents."""

from typing import Annotated

from fastapi import APIRouter, FastAPI, Path, Request, Response
from fastapi.responses import RedirectResponse

from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, Message
from tenure_server.usecases.dashboard import DashboardQueries, MailDecisions, MovableClock, Sessions
from tenure_server.usecases.views import LaptopPage
from tenure_server.web.dashboard import demo_clock, mail_pages, refusals, sign_in
from tenure_server.web.dashboard.desk import Desk, PageError
from tenure_server.web.dashboard.presenters import addresses, laptop, laptops, wipes
from tenure_server.web.dashboard.rendering import STATIC, STATIC_PATH, Assets, Files, Look

SerialPath = Annotated[str, Path(max_length=100)]
_NO_LAPTOP = Message(N_("There is no laptop with this serial number."))


def install(
    app: FastAPI,
    *,
    queries: DashboardQueries,
    sessions: Sessions,
    look: Look,
    clock: MovableClock | None = None,
    decisions: MailDecisions | None = None,
) -> None:
    """Add the dashboard to an application: pages, built files and how its refusals look.

    Raises:
        NotBuiltError: the front end is not built.
    """
    desk = Desk(
        queries=queries,
        sessions=sessions,
        look=look,
        assets=Assets.read(),
        clock=clock,
        decisions=decisions,
    )
    app.include_router(router(desk))
    app.mount(STATIC_PATH, Files(directory=STATIC), name="static")
    refusals.install(app, desk)


def router(desk: Desk) -> APIRouter:
    """Return all routes of the dashboard."""
    pages = APIRouter(include_in_schema=False)
    pages.include_router(sign_in.routes(desk))
    pages.include_router(_laptops(desk))
    pages.include_router(_laptop(desk))
    pages.include_router(_wipes(desk))
    pages.include_router(mail_pages.routes(desk))
    if desk.clock is not None:
        pages.include_router(demo_clock.routes(desk, desk.clock))

    @pages.get("/")
    async def home() -> Response:
        """Lead to the list."""
        return RedirectResponse("/laptops", status_code=303)

    @pages.get("/accessibility")
    async def accessibility(request: Request) -> Response:
        """Show the accessibility statement; nobody needs to sign in for it."""
        return await desk.page(request, await desk.visitor(request), "accessibility.html")

    return pages


def _laptops(desk: Desk) -> APIRouter:
    routes = APIRouter()

    @routes.get("/laptops")
    async def laptop_list(request: Request) -> Response:
        """List the laptops that the filter lets through."""
        visitor = await desk.reader(request)
        wanted = addresses.wanted(request.query_params)
        view = await desk.queries.laptops(wanted)
        scribe = desk.scribe(visitor, view.at)
        context = {"list": laptops.present(view, scribe), "filters": laptops.filters(wanted, scribe)}
        return await desk.page(request, visitor, "laptops.html", context, place="laptops")

    @routes.get("/laptops/live")
    async def laptop_list_live(request: Request) -> Response:
        """Show the list as it is now, without the page around it."""
        visitor = await desk.reader(request)
        view = await desk.queries.laptops(addresses.wanted(request.query_params))
        context = {"list": laptops.present(view, desk.scribe(visitor, view.at))}
        return desk.part(request, visitor, "parts/laptops.html", context)

    return routes


def _laptop(desk: Desk) -> APIRouter:
    routes = APIRouter()

    async def find(serial: str) -> LaptopPage:
        view = await desk.queries.laptop(Serial(serial))
        if view is None:
            raise PageError(404, _NO_LAPTOP)
        return view

    @routes.get("/laptops/{serial}")
    async def laptop_page(request: Request, serial: SerialPath) -> Response:
        """Show one laptop: what it should be and why, and everything it was told and did."""
        visitor = await desk.reader(request)
        view = await find(serial)
        context = {"page": laptop.present(view, desk.scribe(visitor, view.at))}
        return await desk.page(request, visitor, "laptop.html", context, place="laptops")

    @routes.get("/laptops/{serial}/live")
    async def laptop_page_live(request: Request, serial: SerialPath) -> Response:
        """Show one laptop as it is now, without the page around it."""
        visitor = await desk.reader(request)
        view = await find(serial)
        context = {"page": laptop.present(view, desk.scribe(visitor, view.at))}
        return desk.part(request, visitor, "parts/laptop.html", context)

    return routes


def _wipes(desk: Desk) -> APIRouter:
    routes = APIRouter()

    @routes.get("/wipes")
    async def wipes_page(request: Request) -> Response:
        """Show the lists that wait for approval, and how far the approved ones have come."""
        visitor = await desk.reader(request)
        view = await desk.queries.manifests()
        context = {
            "page": wipes.present(
                view, desk.scribe(visitor, view.at), server=str(request.base_url).rstrip("/")
            )
        }
        return await desk.page(request, visitor, "wipes.html", context, place="wipes")

    @routes.get("/wipes/live")
    async def wipes_page_live(request: Request) -> Response:
        """Show the same as it is now, without the page around it."""
        visitor = await desk.reader(request)
        view = await desk.queries.manifests()
        context = {
            "page": wipes.present(
                view, desk.scribe(visitor, view.at), server=str(request.base_url).rstrip("/")
            )
        }
        return desk.part(request, visitor, "parts/wipes.html", context)

    return routes
