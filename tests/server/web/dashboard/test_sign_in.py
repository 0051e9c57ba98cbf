import httpx2
import pytest

from fakes.dashboard import COOKIE, TOKEN


async def test_opening_the_link_shows_a_button_and_uses_nothing_up(stranger, sessions):
    for _ in range(3):
        page = await stranger.get(f"/sign-in?token={TOKEN}")
        assert page.status_code == 200
        assert f'value="{TOKEN}"' in page.text
    assert sessions.tokens == {TOKEN}
    assert not page.cookies


async def test_the_button_signs_in_with_a_cookie_that_scripts_cannot_read(stranger):
    response = await stranger.post("/sign-in", data={"token": TOKEN})
    assert (response.status_code, response.headers["Location"]) == (303, "/laptops")
    cookie = response.headers["Set-Cookie"]
    assert f"tenure_session={COOKIE}" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await stranger.get("/laptops")).status_code == 200


async def test_over_https_the_cookie_is_secure_and_bound_to_the_host(app):
    transport = httpx2.ASGITransport(app=app)
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="https://tenure.test", headers=headers
    ) as client:
        response = await client.post("/sign-in", data={"token": TOKEN})
        cookie = response.headers["Set-Cookie"]
        assert cookie.startswith(f"__Host-tenure_session={COOKIE}")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert (await client.get("/laptops")).status_code == 200


async def test_a_link_works_once(stranger):
    await stranger.post("/sign-in", data={"token": TOKEN})
    stranger.cookies.clear()
    again = await stranger.post("/sign-in", data={"token": TOKEN})
    assert again.status_code == 403
    assert "has been used or is too old" in again.text
    assert "Set-Cookie" not in again.headers
    assert TOKEN not in again.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://tenure.test"},
        {"Origin": "http://elsewhere.test"},
        {"Origin": "null"},
        {},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/clock"])
async def test_a_post_that_another_site_had_sent_is_refused(app, sessions, clock, path, headers):
    at = clock.at
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://tenure.test") as client:
        response = await client.post(path, data={"token": TOKEN, "move": "day"}, headers=headers)
    assert response.status_code == 403
    assert sessions.tokens == {TOKEN}
    assert clock.at == at


async def test_an_older_browser_is_known_by_its_origin(app):
    transport = httpx2.ASGITransport(app=app)
    headers = {"Origin": "http://tenure.test"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://tenure.test", headers=headers
    ) as client:
        assert (await client.post("/sign-in", data={"token": TOKEN})).status_code == 303


async def test_signing_out_ends_the_session_for_the_server_too(reader, sessions):
    cookie = reader.cookies["tenure_session"]
    response = await reader.post("/sign-out")
    assert (response.status_code, response.headers["Location"]) == (303, "/sign-in")
    assert await sessions.session(cookie) is None
    assert (await reader.get("/laptops")).status_code == 401


async def test_a_cookie_that_nobody_gave_opens_nothing(stranger):
    stranger.cookies.set("tenure_session", "made-up")
    assert (await stranger.get("/laptops")).status_code == 401
