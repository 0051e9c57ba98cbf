"""The pages of the mail check: mailboxes, one mailbox, the allow-list.

Looking changes nothing. The allow-list's two forms are POSTs of our own page, entered under the person's id.
"""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import N_, Message
from tenure_server.domain.table import InstantError, read_instant
from tenure_server.usecases.allow_domains import Allowance
from tenure_server.usecases.dashboard import MailDecisions
from tenure_server.usecases.mail_views import MailboxPage
from tenure_server.web.dashboard.desk import Desk, PageError
from tenure_server.web.dashboard.presenters import addresses, mail, mail_allowed, mailbox
from tenure_server.web.dashboard.sign_in import require_our_own_page
from tenure_server.web.dashboard.visitors import Visitor

LONGEST_DOMAIN = 253
LONGEST_DECISION = 200
PersonPath = Annotated[str, Path(max_length=200)]
_NO_DATE = Message(N_("Give the date as year-month-day, for example 2029-06-01."))
_NO_MAILBOX = Message(N_("The register knows nobody with this id."))


def routes(desk: Desk) -> APIRouter:
    """Return the routes; a fixed page's name comes before a person's id."""
    made = APIRouter()
    made.include_router(_allowed(desk))
    if desk.decisions is not None:
        made.include_router(_decide(desk, desk.decisions))
    made.include_router(_list(desk))
    made.include_router(_mailbox(desk))
    return made


def _list(desk: Desk) -> APIRouter:
    routes = APIRouter()

    @routes.get("/mail")
    async def mail_list(request: Request) -> Response:
        """List the mailboxes that the filter lets through, and how the check stands."""
        visitor = await desk.reader(request)
        wanted = addresses.wanted_mail(request.query_params)
        view = await desk.queries.mail(wanted)
        scribe = desk.scribe(visitor, view.at)
        context = {"page": mail.present(view, wanted, scribe), "filters": mail.filters(wanted, scribe)}
        return await desk.page(request, visitor, "mail.html", context, place="mail")

    @routes.get("/mail/live")
    async def mail_list_live(request: Request) -> Response:
        """Show the list as it is now, without the page around it."""
        visitor = await desk.reader(request)
        wanted = addresses.wanted_mail(request.query_params)
        view = await desk.queries.mail(wanted)
        context = {"page": mail.present(view, wanted, desk.scribe(visitor, view.at))}
        return desk.part(request, visitor, "parts/mail.html", context)

    return routes


def _mailbox(desk: Desk) -> APIRouter:
    routes = APIRouter()

    async def find(person: str) -> MailboxPage:
        view = await desk.queries.mailbox(PersonId(person))
        if view is None:
            raise PageError(404, _NO_MAILBOX)
        return view

    @routes.get("/mail/{person:path}/live")
    async def mailbox_page_live(request: Request, person: PersonPath) -> Response:
        """Show one mailbox as it is now, without the page around it."""
        visitor = await desk.reader(request)
        view = await find(person)
        context = {"page": mailbox.present(view, desk.scribe(visitor, view.at))}
        return desk.part(request, visitor, "parts/mailbox.html", context)

    @routes.get("/mail/{person:path}")
    async def mailbox_page(request: Request, person: PersonPath) -> Response:
        """Show one mailbox: what was found, what was done about it, what its holder was told."""
        visitor = await desk.reader(request)
        view = await find(person)
        context = {"page": mailbox.present(view, desk.scribe(visitor, view.at))}
        return await desk.page(request, visitor, "mailbox.html", context, place="mail")

    return routes


def _allowed(desk: Desk) -> APIRouter:
    routes = APIRouter()

    @routes.get("/mail/allowed")
    async def allowed_page(request: Request) -> Response:
        """Show the domains that mail may be forwarded to, and those that it no longer may."""
        visitor = await desk.reader(request)
        view = await desk.queries.allowances()
        context = {
            "page": mail_allowed.present(view, desk.scribe(visitor, view.at)),
            "may_decide": desk.decisions is not None,
        }
        return await desk.page(request, visitor, "mail_allowed.html", context, place="mail")

    return routes


def _decide(desk: Desk, decisions: MailDecisions) -> APIRouter:
    routes = APIRouter()

    @routes.post("/mail/allowed")
    async def allow(
        request: Request,
        domain: Annotated[str, Form(max_length=LONGEST_DOMAIN)],
        decision: Annotated[str, Form(max_length=LONGEST_DECISION)],
        last_day: Annotated[str, Form(max_length=10)],
    ) -> Response:
        """Allow mail to be forwarded to a domain, by decision and through a day."""
        require_our_own_page(request)
        by = _decider(await desk.reader(request))
        until = _end_of(last_day, desk.look.zone)
        await decisions.allow(Allowance(domain=domain, decision=decision, until=until, by=by))
        return RedirectResponse("/mail/allowed", status_code=303)

    @routes.post("/mail/allowed/withdraw")
    async def withdraw(request: Request, domain: Annotated[str, Form(max_length=LONGEST_DOMAIN)]) -> Response:
        """Allow a domain no more."""
        require_our_own_page(request)
        by = _decider(await desk.reader(request))
        await decisions.withdraw(domain, by)
        return RedirectResponse("/mail/allowed", status_code=303)

    return routes


def _decider(visitor: Visitor) -> str:
    return visitor.session.user if visitor.session is not None else ""


def _end_of(day: str, zone: ZoneInfo) -> datetime:
    """Return the end of a local day.

    Raises:
        PageError: it is no date.
    """
    try:
        return read_instant(day, zone, inclusive_day=True)[0]
    except InstantError as error:
        raise PageError(400, _NO_DATE) from error
