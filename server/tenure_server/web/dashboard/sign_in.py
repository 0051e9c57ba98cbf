"""Signing in by a one-time link, and out. Opening the link uses nothing up: mail scanners open links."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from tenure_server.domain.message import N_, Message
from tenure_server.web.dashboard import visitors
from tenure_server.web.dashboard.desk import Desk, PageError

LONGEST_TOKEN = 200
_USED_UP = Message(N_("This sign-in link has been used or is too old. Ask for a new one."))
_FOREIGN = Message(N_("This was not sent by a page of this service. Open the page and try again."))


def require_our_own_page(request: Request) -> None:
    """Refuse a POST that another site had sent.

    Raises:
        PageError: it was not our own page.
    """
    if not visitors.is_from_our_own_page(request):
        raise PageError(403, _FOREIGN)


def routes(desk: Desk) -> APIRouter:
    """Return the routes of signing in and out."""
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in")
    async def offer(
        request: Request, token: Annotated[str, Query(max_length=LONGEST_TOKEN)] = ""
    ) -> Response:
        """Show the button that uses the link up."""
        visitor = await desk.visitor(request)
        return await desk.page(request, visitor, "sign_in.html", {"token": token, "problem": ""})

    @router.post("/sign-in")
    async def sign_in(
        request: Request, token: Annotated[str, Form(max_length=LONGEST_TOKEN)] = ""
    ) -> Response:
        """Use the link up and open a session."""
        require_our_own_page(request)
        session = await desk.sessions.sign_in(token)
        if session is None:
            visitor = await desk.visitor(request)
            context = {"token": "", "problem": visitor.speak.say(_USED_UP)}
            return await desk.page(request, visitor, "sign_in.html", context, status=403)
        response = RedirectResponse("/laptops", status_code=303)
        visitors.keep_session(request, response, session)
        return response

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        """End the session here and in the browser."""
        require_our_own_page(request)
        await desk.sessions.sign_out(request.cookies.get(visitors.session_cookie(request), ""))
        response = RedirectResponse("/sign-in", status_code=303)
        visitors.forget_session(request, response)
        return response

    return router
