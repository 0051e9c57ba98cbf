"""What every page of the dashboard shares: its ports, its frame, its refusals."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request, Response

from tenure_server.domain.message import N_, Message
from tenure_server.usecases.dashboard import DashboardQueries, MailDecisions, MovableClock, Sessions
from tenure_server.web.dashboard import visitors
from tenure_server.web.dashboard.presenters.moments import Moment, Scribe
from tenure_server.web.dashboard.rendering import Assets, Look, environment, page_headers, render
from tenure_server.web.dashboard.visitors import LanguageLink, Visitor

UNCHANGED = 304
OUR_ERROR = 500
TAG_HEADER = "HX-PTag"


class PageError(Exception):
    """A request is answered with a page that says why not."""

    def __init__(self, status: int, message: Message) -> None:
        super().__init__(str(message))
        self.status = status
        self.message = message


class SignInNeededError(PageError):
    """Nobody is signed in, or the session is over."""

    def __init__(self) -> None:
        super().__init__(401, Message(N_("Sign in to see this page.")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockBar:
    """The demo's clock as the page shows it."""

    now: Moment | None
    next_what: str
    next_at: Moment | None
    earliest_day: str
    """The first day that the clock can be moved to, as a date field writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around every page."""

    language: str
    languages: tuple[LanguageLink, ...]
    municipality: str
    user: str
    place: str
    """Which entry of the navigation this page belongs to."""
    back: str
    """This page's own address, for forms that come back to it."""
    live: bool
    """Whether the page keeps itself up to date."""
    live_switch: str
    """The same page with that turned round."""
    clock: ClockBar | None
    assets: Assets


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The ports behind the pages, and how they are shown."""

    queries: DashboardQueries
    sessions: Sessions
    look: Look
    assets: Assets
    clock: MovableClock | None = None
    decisions: MailDecisions | None = None

    async def visitor(self, request: Request) -> Visitor:
        """Recognise whoever asks; they need not be signed in."""
        return await visitors.recognise(request, self.sessions, self.look.default_language)

    async def reader(self, request: Request) -> Visitor:
        """Recognise a person who is signed in.

        Raises:
            SignInNeededError: nobody is.
        """
        visitor = await self.visitor(request)
        if visitor.session is None:
            raise SignInNeededError
        return visitor

    def scribe(self, visitor: Visitor, now: datetime) -> Scribe:
        """Return who writes instants for this visitor."""
        return Scribe(speak=visitor.speak, zone=self.look.zone, now=now)

    async def page(
        self,
        request: Request,
        visitor: Visitor,
        template: str,
        context: Mapping[str, Any] | None = None,
        *,
        place: str = "",
        status: int = 200,
    ) -> Response:
        """Answer with a whole page."""
        frame = await self._frame(request, visitor, place)
        response = render(template, {"frame": frame, **(context or {})}, speak=visitor.speak, status=status)
        visitors.keep_language(request, response)
        return response

    def part(self, request: Request, visitor: Visitor, template: str, context: Mapping[str, Any]) -> Response:
        """Answer with the part of a page that keeps itself up to date, or with 304 when it is unchanged."""
        html = environment(visitor.speak.language).get_template(template).render(context)
        tag = hashlib.sha256(html.encode()).hexdigest()[:32]
        headers = {**page_headers(None, visitor.speak.language), TAG_HEADER: tag}
        if request.headers.get(TAG_HEADER) == tag:
            return Response(status_code=UNCHANGED, headers=headers)
        return Response(html, media_type="text/html", headers=headers)

    async def refuse(self, request: Request, status: int, message: Message | None = None) -> Response:
        """Answer with a page that says why not; for every error that a browser should see as a page."""
        if status >= OUR_ERROR:
            # The session may be just what cannot be read now.
            visitor = visitors.anonymous(request, self.look.default_language)
        else:
            visitor = await self.visitor(request)
        if status == SignInNeededError().status:
            return await self._ask_to_sign_in(request, visitor)
        context = {"status": status, "explanation": visitor.speak.say(message) if message else ""}
        return await self.page(request, visitor, "error.html", context, status=status)

    async def _ask_to_sign_in(self, request: Request, visitor: Visitor) -> Response:
        if visitors.is_partial(request):
            return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
        return await self.page(request, visitor, "sign_in.html", {"token": "", "problem": ""}, status=401)

    async def clock_bar(self, visitor: Visitor) -> ClockBar | None:
        """Prepare the demo's clock; None where time is real."""
        if self.clock is None:
            return None
        now, event = await self.clock.now(), await self.clock.next_event()
        scribe = self.scribe(visitor, now)
        return ClockBar(
            now=scribe.exactly(now),
            next_what=visitor.speak.say(event.what) if event else "",
            next_at=scribe.exactly(event.at) if event else None,
            earliest_day=now.astimezone(self.look.zone).date().isoformat(),
        )

    async def _frame(self, request: Request, visitor: Visitor, place: str) -> Frame:
        live = request.query_params.get("live") != "off"
        turned = request.url.remove_query_params([visitors.LANGUAGE_PARAMETER])
        turned = turned.include_query_params(live="off") if live else turned.remove_query_params("live")
        here = request.url.remove_query_params([visitors.LANGUAGE_PARAMETER])
        return Frame(
            language=visitor.speak.language,
            languages=visitors.language_links(request, visitor.speak.language),
            municipality=self.look.name(visitor.speak.language),
            user=visitor.session.name if visitor.session else "",
            place=place,
            back=_local(here.path, here.query),
            live=live,
            live_switch=_local(turned.path, turned.query),
            clock=await self.clock_bar(visitor) if visitor.session else None,
            assets=self.assets,
        )


def _local(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
