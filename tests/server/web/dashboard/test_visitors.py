async def test_the_browsers_language_is_used_until_the_reader_chooses(stranger):
    assert 'lang="sv"' in (await stranger.get("/sign-in", headers={"Accept-Language": "sv-FI, en"})).text[:60]
    chosen = await stranger.get("/sign-in?lang=fi", headers={"Accept-Language": "sv-FI, en"})
    assert chosen.cookies["tenure_language"] == "fi"
    later = await stranger.get("/sign-in", headers={"Accept-Language": "sv-FI, en"})
    assert later.headers["Content-Language"] == "fi"


async def test_a_person_with_a_language_gets_it_without_choosing(stranger, sessions):
    sessions.language = "sv"
    await stranger.post("/sign-in", data={"token": "the-one-time-token"})
    assert (await stranger.get("/laptops")).headers["Content-Language"] == "sv"


async def test_a_language_that_is_not_offered_changes_and_stores_nothing(stranger):
    page = await stranger.get("/sign-in?lang=../../etc", headers={"Accept-Language": "fi"})
    assert page.headers["Content-Language"] == "fi"
    assert "Set-Cookie" not in page.headers


async def test_the_language_links_keep_the_filter(reader):
    page = (await reader.get("/laptops?text=a%26b&lang=en")).text
    assert 'href="/laptops?text=a%26b&amp;lang=sv"' in page
    assert 'href="/laptops?text=a%26b&amp;lang=en" lang="en" hreflang="en" aria-current="true"' in page
