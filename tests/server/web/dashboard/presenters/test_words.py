import pytest

from tenure_policies.payloads import Act, DirectiveState, Outcome
from tenure_server.domain.custody import CustodyKind
from tenure_server.domain.plan import Desired, Need, Verb
from tenure_server.language import translator
from tenure_server.usecases.views import Attention, Reported
from tenure_server.web.dashboard.presenters import words

ENGLISH = translator("en")
TONES = {"calm", "lock", "wait", "grave", "done", "wipe", "blank"}


@pytest.mark.parametrize(
    ("states", "label"),
    [
        (Desired, words.desired),
        (Reported, words.reported),
        (DirectiveState, words.directive),
        (Outcome, words.outcome),
    ],
)
def test_every_state_has_a_label_with_a_look_that_exists(states, label):
    for state in states:
        made = label(state, ENGLISH)
        assert made.text
        assert made.tone in TONES


def test_every_code_has_a_word():
    assert all(words.act(act, ENGLISH) for act in Act)
    assert all(words.need(need, ENGLISH) for need in Need)
    assert all(words.attention(why, ENGLISH) for why in Attention)
    assert all(words.custody(kind, ENGLISH) for kind in CustodyKind)
    assert all(words.verb(verb, None, ENGLISH) for verb in Verb)


def test_a_notice_carries_its_key():
    assert words.verb(Verb.NOTIFY, "T-30", ENGLISH) == "Notice to the holder (T-30)"


def test_a_rule_is_said_in_few_words_and_an_unknown_one_not_at_all():
    assert words.rule("P25", ENGLISH) == "Rights end at the moment the position ends"
    assert words.rule("X1", translator("fi")) == ""
