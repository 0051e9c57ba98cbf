import re
from dataclasses import replace

import httpx2
import pytest
from fastapi import FastAPI

from fakes.dashboard import LAPTOPS, LOOK, FakeDashboard, FakeSessions
from tenure_server.domain.plan import Desired
from tenure_server.usecases.views import Attention, LaptopFilter, Reported
from tenure_server.web.dashboard.pages import install

PAGES = [
    "/laptops",
    f"/laptops/{LAPTOPS[5].serial}",
    "/wipes",
    "/mail",
    "/mail/T-003",
    "/mail/allowed",
    "/accessibility",
    "/sign-in?token=x",
    "/laptops/unknown",
]
LIVE = [
    "/laptops/live",
    f"/laptops/{LAPTOPS[5].serial}/live",
    "/wipes/live",
    "/clock/live",
    "/mail/live",
    "/mail/T-003/live",
]
HOSTILE = "<script>alert('x')</script>"


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("language", "skip"), [("fi", "Siirry"), ("sv", "Hoppa"), ("en", "Skip")])
async def test_every_page_is_made_in_every_language(reader, path, language, skip):
    joint = "&" if "?" in path else "?"
    page = await reader.get(f"{path}{joint}lang={language}")
    assert page.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in page.text
    assert skip in page.text


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_carries_inline_script_style_or_a_foreign_address(reader, path):
    page = (await reader.get(path)).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", page)


@pytest.mark.parametrize("path", PAGES)
async def test_the_policy_lets_only_our_own_script_run_and_only_with_this_answers_nonce(reader, path):
    first, second = await reader.get(path), await reader.get(path)
    policy = first.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([^']+)'", policy).group(1)
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert set(re.findall(r"nonce=\"([^\"]*)\"", first.text)) == {nonce}
    assert nonce not in second.headers["Content-Security-Policy"]
    assert first.headers["Cache-Control"] == "no-store"
    assert first.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", [path for path in PAGES if path not in {"/accessibility", "/sign-in?token=x"}] + LIVE
)
async def test_nothing_is_shown_to_whoever_is_not_signed_in(stranger, path):
    page = await stranger.get(path)
    assert page.status_code == 401
    assert LAPTOPS[5].holder not in page.text
    assert "one-time link" in page.text


async def test_a_part_asked_for_after_the_session_is_over_leads_to_the_sign_in_page(stranger):
    part = await stranger.get("/laptops/live", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (401, "/sign-in")


async def test_the_list_shows_every_laptop_with_holder_state_and_reason(reader):
    page = (await reader.get("/laptops")).text
    assert page.count('role="rowheader"') == 60
    row = next(row for row in LAPTOPS if row.reported is Reported.UNPROVEN)
    cells = page.split(row.serial, 2)[2].split("</tr>")[0]
    assert row.holder in cells
    assert "Wipe unproven" in cells
    assert "The right to it ended at 1 Jun 2029, 00:00." in cells
    assert "P25" in cells


async def test_a_filter_is_asked_of_the_queries_and_kept_in_the_form_and_the_live_address(reader, queries):
    page = (await reader.get("/laptops?text=Havs%C3%B6&desired=locked&attention=overdue&ending=7")).text
    wanted = LaptopFilter(text="Havsö", desired=Desired.LOCKED, attention=Attention.OVERDUE, ending_days=7)
    assert queries.asked == [wanted]
    assert 'value="Havsö"' in page
    assert '<option value="locked" selected>' in page
    assert (
        'hx-get="/laptops/live?text=Havs%C3%B6&amp;desired=locked&amp;attention=overdue&amp;ending=7"' in page
    )


async def test_a_filter_that_makes_no_sense_lists_everything(reader, queries):
    page = await reader.get("/laptops?desired=melted&attention=%00&ending=-1&reported=")
    assert page.status_code == 200
    assert queries.asked == [LaptopFilter()]


async def test_a_filter_that_lets_nothing_through_says_so(reader):
    page = (await reader.get("/laptops?text=nobody-has-this-name")).text
    assert "0 of 60 laptops" in page
    assert "No laptop matches" in page


async def test_hostile_names_are_only_text(stranger, sessions):
    hostile = tuple(
        replace(row, holder=HOSTILE, borrower=HOSTILE, model=HOSTILE, serial=f"{HOSTILE}{number}")
        for number, row in enumerate(LAPTOPS[:3])
    )
    sessions.name = HOSTILE
    app = FastAPI()
    look = replace(LOOK, names={"en": HOSTILE})
    install(app, queries=FakeDashboard(rows=hostile), sessions=sessions, look=look)
    transport = httpx2.ASGITransport(app=app)
    headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://tenure.test", headers=headers
    ) as client:
        await client.post("/sign-in", data={"token": "the-one-time-token"})
        for path in ["/laptops", "/wipes", f"/laptops?text={HOSTILE}", f"/sign-in?token={HOSTILE}"]:
            page = (await client.get(path)).text
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert" in page


async def test_one_laptop_shows_its_reasons_its_timeline_and_what_it_did(reader):
    row = next(row for row in LAPTOPS if row.reported is Reported.WIPED)
    page = (await reader.get(f"/laptops/{row.serial}")).text
    for expected in [
        "Rights end at the moment the position ends",
        '<svg class="timeline"',
        "Laptop is wiped",
        "by its own lease",
        "Proven",
        "cryptsetup luksErase",
        "directive.issued",
        "Return the laptop to the city hall.",
    ]:
        assert expected in page, expected


async def test_a_wipe_without_proof_is_said_to_be_unproven(reader):
    row = next(row for row in LAPTOPS if row.reported is Reported.UNPROVEN)
    page = (await reader.get(f"/laptops/{row.serial}")).text
    assert "Nothing shows yet that the wipe was carried out." in page
    assert "Wiped, proven" not in page


async def test_the_directives_reason_is_shown_in_the_readers_language(reader):
    row = next(row for row in LAPTOPS if row.reported is Reported.LOCKED)
    page = (await reader.get(f"/laptops/{row.serial}?lang=sv")).text
    assert "Lämna tillbaka datorn i stadshuset." in page


async def test_a_laptop_that_is_not_there_gets_a_page_that_says_so(reader):
    page = await reader.get("/laptops/PF0")
    assert page.status_code == 404
    assert "There is no laptop with this serial number." in page.text


async def test_the_wipes_page_says_how_to_approve_and_cannot_approve_itself(reader):
    page = (await reader.get("/wipes")).text
    assert "tenure approve sign 2029-late --server http://tenure.test --key FILE" in page
    assert "tenure approve sign 2029-council" not in page
    assert "1 of 2 signatures" in page
    assert set(re.findall(r'action="([^"]+)"', page)) == {"/sign-out", "/clock"}


async def test_before_the_key_ceremony_the_wipes_page_says_that_nothing_can_be_wiped(reader, queries):
    queries.switched_on = False
    page = (await reader.get("/wipes")).text
    assert "Wiping is off" in page
    assert "No list has been prepared." in page


async def test_an_unchanged_part_is_not_sent_again(reader, queries):
    first = await reader.get("/laptops/live")
    again = await reader.get("/laptops/live", headers={"HX-PTag": first.headers["HX-PTag"]})
    assert (again.status_code, again.text) == (304, "")
    queries.rows = queries.rows[1:]
    changed = await reader.get("/laptops/live", headers={"HX-PTag": first.headers["HX-PTag"]})
    assert changed.status_code == 200
    assert changed.headers["HX-PTag"] != first.headers["HX-PTag"]


async def test_a_reader_can_stop_the_page_from_updating_itself(reader):
    moving = (await reader.get("/laptops?text=a")).text
    assert "every 4s" in moving
    assert 'href="/laptops?text=a&amp;live=off"' in moving
    still = (await reader.get("/laptops?text=a&live=off")).text
    assert "hx-get" not in still
    assert 'href="/laptops?text=a"' in still


async def test_the_home_page_is_the_list(reader):
    home = await reader.get("/")
    assert (home.status_code, home.headers["Location"]) == (303, "/laptops")


async def test_built_files_may_be_kept_because_their_names_change(reader):
    page = (await reader.get("/laptops")).text
    for address in re.findall(r'"(/static/build/assets/[^"]+)"', page):
        file = await reader.get(address)
        assert file.status_code == 200
        assert "immutable" in file.headers["Cache-Control"]
    mark = await reader.get("/static/mark.svg")
    assert mark.status_code == 200
    assert "immutable" not in mark.headers.get("Cache-Control", "")


async def test_without_a_movable_clock_there_is_no_clock_to_see_or_move(queries):
    app, sessions = FastAPI(), FakeSessions()
    install(app, queries=queries, sessions=sessions, look=LOOK)
    transport = httpx2.ASGITransport(app=app)
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://tenure.test", headers=headers
    ) as client:
        await client.post("/sign-in", data={"token": "the-one-time-token"})
        assert "demo-title" not in (await client.get("/laptops")).text
        assert (await client.post("/clock", data={"move": "day"})).status_code in {404, 405}
