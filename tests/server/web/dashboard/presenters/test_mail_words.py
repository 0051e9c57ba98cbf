from enum import StrEnum

import pytest

from fakes.dashboard import NOW
from fakes.dashboard_mail import fixed
from tenure_policies.forwarding.verdicts import BlindSpot, FindingKind
from tenure_server.domain.mail_check import FixState, LookedAtBy
from tenure_server.language import translator
from tenure_server.usecases.mail_views import AllowanceState, Standing
from tenure_server.web.dashboard.presenters import mail_words
from tenure_server.web.dashboard.presenters.words import Label

ENGLISH = translator("en")
TONES = {"calm", "lock", "wait", "grave", "done", "wipe", "blank"}


@pytest.mark.parametrize(
    ("codes", "word"),
    [
        (Standing, mail_words.standing),
        (FindingKind, mail_words.kind),
        (LookedAtBy, mail_words.by),
        (BlindSpot, mail_words.blind_spot),
        (AllowanceState, mail_words.allowance),
    ],
)
def test_every_code_has_words_of_its_own(codes: type[StrEnum], word):
    said = [word(code, ENGLISH) for code in codes]
    texts = [one.text if isinstance(one, Label) else one for one in said]
    assert all(texts)
    assert len(set(texts)) == len(texts)
    assert not set(texts) & {str(code) for code in codes}
    assert all(one.tone in TONES for one in said if isinstance(one, Label))


@pytest.mark.parametrize("state", FixState)
def test_every_state_of_a_fix_has_words(state: FixState):
    row = fixed(NOW)
    label = mail_words.fix(type(row)(rule=row.rule, found_at=NOW, by=row.by, state=state), ENGLISH)
    assert label.text
    assert label.tone in TONES


def test_an_order_that_was_sent_is_not_said_to_wait_only():
    row = fixed(NOW)
    asked = type(row)(rule=row.rule, found_at=NOW, by=row.by, state=FixState.DUE, asked_at=NOW)
    assert mail_words.fix(asked, ENGLISH).text == "Being switched off"


def test_a_code_that_is_not_known_is_shown_as_it_is():
    assert mail_words.blind_spot("of_a_later_version", ENGLISH) == "of_a_later_version"
    assert mail_words.error("ErrorAccessDenied", ENGLISH) == "It could not be read: ErrorAccessDenied"
