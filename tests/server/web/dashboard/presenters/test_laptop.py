from dataclasses import replace

import pytest

from fakes.dashboard import HELSINKI, LAPTOPS, NOW, page
from tenure_server.domain.plan import Need
from tenure_server.language import translator
from tenure_server.usecases.views import ProofView, Reported
from tenure_server.web.dashboard.presenters import laptop
from tenure_server.web.dashboard.presenters.moments import Scribe

ENGLISH = Scribe(speak=translator("en"), zone=HELSINKI, now=NOW)


def first(reported: Reported):
    return page(next(row for row in LAPTOPS if row.reported is reported), NOW)


@pytest.mark.parametrize(
    ("proven", "emulated", "label", "said"),
    [
        (True, False, "Proven", "its keys are gone"),
        (False, True, "Emulated", "that proves nothing"),
        (False, False, "Unproven", "does not prove it"),
    ],
)
def test_only_a_proof_is_said_to_be_one(proven, emulated, label, said):
    proof = ProofView(proven=proven, emulated=emulated, method="luksErase", at=NOW)
    shown = laptop.present(replace(first(Reported.WIPED), proof=proof), ENGLISH).proof
    assert shown.label.text == label
    assert said in shown.text


def test_a_wipe_that_is_due_without_any_word_of_it_is_unproven():
    shown = laptop.present(replace(first(Reported.UNPROVEN), proof=None), ENGLISH).proof
    assert shown.label.tone == "grave"


def test_a_laptop_in_use_has_nothing_to_prove():
    assert laptop.present(first(Reported.ACTIVE), ENGLISH).proof is None


def test_a_step_that_is_done_needs_nothing_more():
    view = first(Reported.WIPED)
    steps = tuple(replace(step, needs=(Need.CAMPAIGN,)) for step in view.steps)
    for step, shown in zip(steps, laptop.present(replace(view, steps=steps), ENGLISH).steps, strict=True):
        assert shown.needs == ("" if step.done else "approval of the campaign")


def test_only_known_facts_are_listed():
    names = {fact.name for fact in laptop.present(first(Reported.NOTHING), ENGLISH).facts}
    assert "Model" in names
    assert "Device key" not in names


def test_the_price_is_written_as_money():
    facts = {fact.name: fact.value for fact in laptop.present(first(Reported.ACTIVE), ENGLISH).facts}
    assert facts["Purchase price"] == "€1,049.90"
    assert facts["Lease ends"] == "31 Aug 2029"


def test_the_table_behind_the_timeline_has_a_row_for_each_mark():
    shown = laptop.present(first(Reported.LOCKED), ENGLISH)
    assert [step.number for step in shown.steps] == [mark.number for mark in shown.drawing.marks]
