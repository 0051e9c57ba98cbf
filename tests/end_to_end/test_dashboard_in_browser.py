"""The dashboard in a real browser: it keeps itself up to date, and the policy stops nothing of ours."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from fakes.dashboard import COOKIE, LOOK, NOW, FakeDashboard, FakeMovableClock, FakeSessions
from tenure_server.domain.message import say
from tenure_server.usecases.dashboard import Session
from tenure_server.usecases.mail_views import MailFilter, MailList
from tenure_server.usecases.views import LaptopFilter, LaptopList
from tenure_server.web.dashboard.desk import PageError
from tenure_server.web.dashboard.pages import install
from tenure_server.web.dashboard.rendering import page_headers

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS_OF_PAGE = 12
RENAMED = "Renamed Meanwhile"

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not on this machine"),
]


class ChangingDashboard(FakeDashboard):
    """After the page was first asked for, every holder and every owner of a mailbox has another name."""

    async def mail(self, wanted: MailFilter) -> MailList:
        view = await super().mail(wanted)
        if len(self.post.asked) == 1:
            return view
        return replace(view, rows=tuple(replace(row, name=RENAMED) for row in view.rows))

    async def laptops(self, wanted: LaptopFilter) -> LaptopList:
        view = await super().laptops(wanted)
        if len(self.asked) == 1:
            return view
        return replace(view, rows=tuple(replace(row, holder=RENAMED) for row in view.rows))


class FailingDashboard(FakeDashboard):
    """Answers once and never again."""

    async def laptops(self, wanted: LaptopFilter) -> LaptopList:
        view = await super().laptops(wanted)
        if len(self.asked) > 1:
            raise PageError(503, say("The database cannot be used now."))
        return view


class SignedIn(FakeSessions):
    """Everybody is signed in."""

    async def session(self, cookie: str) -> Session:
        return Session(cookie=COOKIE, name=self.name, expires=NOW)


MEASURE = """<script>
const told = window.parent.document.documentElement.dataset
told.width = window.innerWidth
told.beyond = Math.max(0, document.documentElement.scrollWidth - window.innerWidth)
</script>"""


async def measured(response: Response) -> Response:
    """Let a page measure itself in a frame, which its own policy would forbid twice."""
    page = b"".join([part async for part in response.body_iterator]).decode()
    return Response(page + MEASURE, media_type="text/html")


@pytest.fixture
def queries() -> FakeDashboard:
    return ChangingDashboard()


@pytest.fixture
def origin(queries: FakeDashboard) -> Iterator[str]:
    app = FastAPI()
    install(app, queries=queries, sessions=SignedIn(), look=LOOK, clock=FakeMovableClock())

    @app.get("/inline")
    async def inline() -> Response:
        page = "<!doctype html><title>x</title><script>console.log('ran')</script>"
        return Response(page, media_type="text/html", headers=page_headers("abc", "en"))

    @app.get("/frame")
    async def frame(path: str, width: int) -> Response:
        """Hold a page in a frame: no window is as narrow as a telephone."""
        address = f"{path}{'&' if '?' in path else '?'}lang=fi&live=off&measured=yes"
        page = (
            f'<!doctype html><iframe width="{width}" height="900" style="border:0" src="{escape(address)}">'
        )
        return Response(page, media_type="text/html")

    @app.middleware("http")
    async def sign_in(request: Request, call_next):
        request.scope["headers"] = [
            *request.scope["headers"],
            (b"cookie", f"tenure_session={COOKIE}".encode()),
        ]
        response = await call_next(request)
        return await measured(response) if "measured" in request.query_params else response

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=20)
    listener.close()


def browse(address: str, profile: Path) -> tuple[str, list[str]]:
    """Open a page for some seconds of its own time; return what it has become and what the console says."""
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--user-data-dir={profile}",
            "--enable-logging=stderr",
            f"--virtual-time-budget={SECONDS_OF_PAGE * 1000}",
            "--dump-dom",
            address,
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    console = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if "CONSOLE" in line]
    return done.stdout.decode("utf-8"), console


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_list_keeps_itself_up_to_date_and_the_browser_complains_of_nothing(origin, tmp_path, language):
    page, console = browse(f"{origin}/laptops?lang={language}", tmp_path)
    assert console == []
    assert f'lang="{language}"' in page
    assert page.count(RENAMED) >= 50
    assert 'class="stale-notice" role="status" hidden' in page


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_list_of_mailboxes_keeps_itself_up_to_date_too(origin, tmp_path, language):
    page, console = browse(f"{origin}/mail?lang={language}", tmp_path)
    assert console == []
    assert f'lang="{language}"' in page
    assert page.count(RENAMED) == 100
    assert 'class="stale-notice" role="status" hidden' in page


@pytest.mark.parametrize("path", ["/mail/T-003", "/mail/allowed"])
def test_the_other_pages_of_mail_are_shown_without_a_complaint(origin, tmp_path, path):
    page, console = browse(f"{origin}{path}?lang=en", tmp_path)
    assert console == []
    assert 'role="rowheader"' in page


@pytest.mark.parametrize("path", ["/laptops", "/mail?verdict=violation", "/mail/T-003", "/mail/allowed"])
@pytest.mark.parametrize("width", [320, 1440])
def test_no_page_is_wider_than_the_window(origin, tmp_path, path, width):
    page, _ = browse(f"{origin}/frame?{urlencode({'path': path, 'width': width})}", tmp_path)
    assert f'data-width="{width}" data-beyond="0"' in page


def test_a_reader_who_stopped_the_updates_sees_the_page_as_it_was(origin, tmp_path):
    page, console = browse(f"{origin}/laptops?live=off", tmp_path)
    assert console == []
    assert RENAMED not in page


@pytest.mark.parametrize("queries", [FailingDashboard()])
def test_a_page_that_can_no_longer_be_updated_says_so_and_keeps_what_it_showed(origin, tmp_path, queries):
    page, _ = browse(f"{origin}/laptops?lang=en", tmp_path)
    assert len(queries.asked) > 1
    assert 'class="stale-notice" role="status">' in page
    assert page.count('role="rowheader"') == 60


def test_an_inline_script_does_not_run_and_the_console_says_so(origin, tmp_path):
    _, console = browse(f"{origin}/inline", tmp_path)
    assert len(console) == 1
    assert "Content Security Policy" in console[0]
