from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from fakes.dashboard import COOKIE, LOOK, TOKEN, FakeDashboard, FakeMovableClock, FakeSessions
from tenure_server.web.dashboard.pages import install

ORIGIN = "http://tenure.test"


@pytest.fixture
def queries() -> FakeDashboard:
    return FakeDashboard()


@pytest.fixture
def sessions() -> FakeSessions:
    return FakeSessions()


@pytest.fixture
def clock() -> FakeMovableClock:
    return FakeMovableClock()


@pytest.fixture
def app(queries: FakeDashboard, sessions: FakeSessions, clock: FakeMovableClock) -> FastAPI:
    application = FastAPI()
    install(application, queries=queries, sessions=sessions, look=LOOK, clock=clock)
    return application


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that nobody has signed in with; it says where its requests come from, as browsers do."""
    transport = httpx2.ASGITransport(app=app)
    headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client:
        yield client


@pytest.fixture
async def reader(stranger: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A browser with a session."""
    response = await stranger.post("/sign-in", data={"token": TOKEN})
    assert response.cookies["tenure_session"] == COOKIE
    return stranger
