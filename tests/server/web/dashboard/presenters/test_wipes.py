from dataclasses import replace
from datetime import timedelta

from fakes.dashboard import HELSINKI, NOW, FakeDashboard
from tenure_server.language import translator
from tenure_server.usecases.views import Approval
from tenure_server.web.dashboard.presenters import wipes
from tenure_server.web.dashboard.presenters.moments import Scribe

SERVER = "https://tenure.example.fi"
ENGLISH = Scribe(speak=translator("en"), zone=HELSINKI, now=NOW)


async def shown(**changes):
    view = await FakeDashboard().manifests()
    return [
        wipes.present(replace(view, manifests=(replace(row, **changes),)), ENGLISH, server=SERVER).manifests[
            0
        ]
        for row in view.manifests
    ]


async def test_a_list_with_enough_signatures_is_approved_and_asks_for_none():
    approved, waiting = await shown()
    assert (approved.state.text, approved.command) == ("Approved", "")
    assert (waiting.state.text, waiting.command) == (
        "Waits for signatures",
        f"tenure approve sign 2029-late --server {SERVER} --key FILE",
    )
    assert waiting.signatures == "1 of 2 signatures"


async def test_a_list_that_is_over_asks_for_no_signature():
    for manifest in await shown(expires=NOW - timedelta(seconds=1)):
        assert (manifest.state.text, manifest.command) == ("Expired", "")


async def test_a_released_laptop_without_proof_is_unproven():
    approved, _ = await shown()
    assert [laptop.state.text for laptop in approved.laptops].count("Wiped, proven") == 3
    assert [laptop.state.text for laptop in approved.laptops].count("Released, unproven") == 1
    assert approved.progress == "3 of 4 wipes proven"


async def test_a_key_without_a_name_is_shown_once():
    view = await FakeDashboard().manifests()
    key = "14fcc7a337e33b75" * 4
    approval = Approval(key=key, name=key[:16], at=NOW)
    row = replace(view.manifests[0], approvals=(approval,))
    shown_once = (
        wipes.present(replace(view, manifests=(row,)), ENGLISH, server=SERVER).manifests[0].approvals[0]
    )
    assert (shown_once.name, shown_once.key) == ("", key[:16])


async def test_a_list_is_finished_only_when_every_wipe_is_proven():
    view = await FakeDashboard().manifests()
    row = view.manifests[0]
    done = tuple(replace(laptop, proven=NOW) for laptop in row.laptops)
    finished = wipes.present(
        replace(view, manifests=(replace(row, laptops=done),)), ENGLISH, server=SERVER
    ).manifests[0]
    assert finished.state.text == "All proven"
