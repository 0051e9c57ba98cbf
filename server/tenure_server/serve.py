"""The server process: one installation, its web side and its sweeps."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import FrameType
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from starlette.applications import Starlette

from tenure_server.adapters.clock import MovableClock
from tenure_server.scheduler import Sweeper, slot_of
from tenure_server.settings import Settings, read_settings
from tenure_server.usecases.answer_dashboard import StoredAnswers
from tenure_server.usecases.check_mailboxes import check_mailboxes
from tenure_server.usecases.checking import Checking
from tenure_server.usecases.correct_register import Reviewer
from tenure_server.usecases.decide_on_mail import StoredDecisions
from tenure_server.usecases.enforce_ends import enforce_ends
from tenure_server.usecases.follow_timeline import follow_timeline
from tenure_server.usecases.move_clock import DemoClock
from tenure_server.usecases.order_mail_checks import order_mail_checks
from tenure_server.usecases.seal_log import seal_log
from tenure_server.usecases.sign_in import StoredSessions
from tenure_server.web import signer_api
from tenure_server.web.agent_api import AgentApi, Receive, Scope, Send
from tenure_server.web.app import Edge, pages_app
from tenure_server.web.dashboard import pages
from tenure_server.web.dashboard.rendering import Look
from tenure_server.web.tickets import Tickets
from tenure_server.wiring import Installation, open_installation

log = structlog.get_logger()


class Server:
    """An ASGI application that opens its installation when its process starts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._edge: Edge | None = None
        self._life = Starlette(lifespan=self._lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, or live through the process's lifespan."""
        if self._edge is None or scope["type"] == "lifespan":
            await self._life(scope, receive, send)
        else:
            await self._edge(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            installation = await stack.enter_async_context(open_installation(self._settings))
            sweeper, follower = _sweeper(installation), _follower(installation)

            def changed() -> None:
                sweeper.kick()
                follower.kick()

            tickets = Tickets(installation.secret)
            agents = AgentApi(
                visiting=installation.visiting,
                feed=installation.feed,
                tickets=tickets,
                changed=changed,
            )
            self._edge = Edge(agents, _pages(installation, changed, tickets))
            _call_when_told_to_stop(agents.stop_waiting)
            sweepers = [sweeper, follower]
            if installation.checking is not None:
                sweepers.append(_checker(installation, installation.checking, follower.kick))
            for each in sweepers:
                each.start()
                stack.push_async_callback(each.stop)
            yield
            self._edge = None


def _call_when_told_to_stop(tell: Callable[[], None]) -> None:
    """Call `tell` as soon as the process is told to stop, before the web server waits for its connections.

    The web server's own handler runs after it. Outside a process's main thread there are no signals to hear.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def handle(given: int, frame: FrameType | None, before: Any = before) -> None:
            loop.call_soon_threadsafe(tell)
            if callable(before):
                before(given, frame)

        signal.signal(number, handle)


def _sweeper(installation: Installation) -> Sweeper:
    async def sweep(slot: str | None) -> None:
        result = await enforce_ends(installation.enforcement, slot=slot)
        if result.signed or result.prepared:
            log.info("swept", signed=result.signed, prepared=result.prepared)
        if result.claimed:
            await seal_log(installation.store, installation.clock, installation.enforcement.signing)

    return Sweeper(
        sweep, machine_clock=installation.machine_clock, every_seconds=installation.settings.sweep_seconds
    )


def _follower(installation: Installation) -> Sweeper:
    """Follow timelines up apart from the sweep: a slow mail server keeps no lock waiting."""
    reviewer = Reviewer(installation.store, installation.clock, installation.policy)

    async def follow(slot: str | None) -> None:
        found = await reviewer.review()
        if found:
            log.warning("incidents_opened", incidents=len(found))
        result = await follow_timeline(installation.following, slot=slot)
        if result.did_anything:
            log.info(
                "followed_up",
                sent=result.notices.sent,
                waiting=result.notices.waiting,
                accounts=result.accounts.begun,
                charges=result.charges.proposed,
                tasks=result.tasks_opened,
            )
        if installation.mail_ordering is not None:
            ordered = await order_mail_checks(installation.mail_ordering, slot=slot)
            if ordered.given or ordered.ended:
                log.info("mail_checks_ordered", given=ordered.given, ended=ordered.ended)

    return Sweeper(
        follow, machine_clock=installation.machine_clock, every_seconds=installation.settings.sweep_seconds
    )


_CHECK_LOOKED_AT_SECONDS = 60
"""How often is asked whether a look at mailboxes is due, was cut off, or has something to try again."""


def _checker(installation: Installation, checking: Checking, tell: Callable[[], None]) -> Sweeper:
    """Look at mailboxes apart from all else: a slow tenant keeps neither locks nor notices waiting."""
    every = installation.settings.mail_check_minutes * 60

    async def check(_slot: str | None) -> None:
        result = await check_mailboxes(checking, slot=slot_of(checking.clock.now(), every))
        if result.fixes.done or result.fixes.failed:
            log.info("forwards_switched_off", done=result.fixes.done, failed=result.fixes.failed)
            tell()
        if result.why is not None:
            log.warning("mailboxes_not_read", why=str(result.why), looked_at=result.looked_at)
        elif result.claimed:
            log.info("mailboxes_read", mailboxes=result.mailboxes, looked_at=result.looked_at)

    return Sweeper(
        check, machine_clock=installation.machine_clock, every_seconds=min(every, _CHECK_LOOKED_AT_SECONDS)
    )


def _pages(installation: Installation, changed: Callable[[], None], tickets: Tickets) -> FastAPI:
    app = pages_app()
    clock = None
    if isinstance(installation.clock, MovableClock):
        clock = DemoClock(
            installation.store,
            installation.clock,
            installation.policy,
            lambda: enforce_ends(installation.enforcement),
        )
    pages.install(
        app,
        queries=StoredAnswers(installation.store, installation.clock, installation.policy),
        sessions=StoredSessions(installation.store, installation.machine_clock),
        look=Look(names=_names(installation.settings), zone=installation.policy.zone),
        clock=clock,
        decisions=StoredDecisions(installation.store, installation.clock),
    )
    app.include_router(
        signer_api.router(
            store=installation.store,
            clock=installation.clock,
            municipality=installation.municipality,
            changed=changed,
            tickets=tickets,
            machine_clock=installation.machine_clock,
        )
    )

    @app.get("/health")
    async def health(_request: Request) -> Response:
        """Tell that the process answers and its database can be read."""
        async with installation.store.reading() as tx:
            await tx.municipality.get()
        return Response("ok", media_type="text/plain")

    return app


def _names(settings: Settings) -> dict[str, str]:
    names = {"fi": settings.name, "en": settings.name, "sv": settings.name_sv}
    return {language: name for language, name in names.items() if name}


def create_app() -> Server:
    """Make the application of one worker process, from the environment that `tenure serve` prepared."""
    return Server(read_settings({}, os.environ))
