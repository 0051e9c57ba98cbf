import httpx2
import pytest
from fastapi import FastAPI

from fakes.dashboard import LOOK, TOKEN, FakeDashboard, FakeSessions
from tenure_server.domain.errors import (
    ConflictError,
    InputError,
    NotFoundError,
    RefusedError,
    StaleFactsError,
    TenureError,
    UnavailableError,
)
from tenure_server.domain.message import say
from tenure_server.web.dashboard.pages import install
from tenure_server.web.errors import status_of

HTML = {"Accept": "text/html", "Accept-Language": "fi", "Sec-Fetch-Site": "same-origin"}
SAID = say("There is no such case.")


class BrokenDashboard(FakeDashboard):
    """Every question ends in an error."""

    error: Exception

    async def laptops(self, wanted):
        raise self.error


class BrokenSessions(FakeSessions):
    """Nobody can be recognised any more."""

    async def session(self, cookie):
        raise UnavailableError(SAID)


def browser(error: Exception, sessions: FakeSessions | None = None) -> httpx2.AsyncClient:
    queries = BrokenDashboard()
    queries.error = error
    app = FastAPI()
    install(app, queries=queries, sessions=sessions or FakeSessions(), look=LOOK)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://tenure.test", headers=HTML)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError(SAID), 400),
        (NotFoundError(SAID), 404),
        (ConflictError(SAID), 409),
        (StaleFactsError(SAID), 409),
        (RefusedError(SAID), 403),
        (UnavailableError(SAID), 503),
        (TenureError(SAID), 500),
    ],
)
async def test_a_domain_error_is_a_page_in_the_readers_language(error, status):
    assert status_of(error)[0] == status
    async with browser(error) as client:
        await client.post("/sign-in", data={"token": TOKEN})
        page = await client.get("/laptops")
    assert page.status_code == status
    assert "Tapausta ei ole." in page.text
    assert "Content-Security-Policy" in page.headers
    assert ("Retry-After" in page.headers) == (status == 503)


async def test_an_error_of_ours_tells_nothing_of_its_inside():
    async with browser(ZeroDivisionError("secret detail")) as client:
        await client.post("/sign-in", data={"token": TOKEN})
        page = await client.get("/laptops")
    assert page.status_code == 500
    assert "Virhe on meidän" in page.text
    assert "secret detail" not in page.text


async def test_a_database_that_cannot_even_read_sessions_still_gets_a_page():
    async with browser(UnavailableError(SAID), BrokenSessions()) as client:
        client.cookies.set("tenure_session", "any")
        page = await client.get("/laptops")
    assert page.status_code == 503
    assert "Tapausta ei ole." in page.text


async def test_an_unknown_address_is_a_page_for_a_browser_and_json_for_a_program():
    async with browser(ZeroDivisionError()) as client:
        page = await client.get("/nothing-here")
        answer = await client.get("/nothing-here", headers={"Accept": "application/json"})
    assert page.status_code == answer.status_code == 404
    assert "Sivua ei ole." in page.text
    assert answer.json() == {"error": 404}


async def test_a_form_that_cannot_be_read_is_the_readers_to_correct():
    async with browser(ZeroDivisionError()) as client:
        page = await client.post("/sign-in", data={"token": "x" * 300})
    assert page.status_code == 400
    assert "Tarkista antamasi tiedot" in page.text
