"""Which rules are to be switched off, by what was found and done."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_policies.forwarding.verdicts import Finding, FindingKind, Reason
from tenure_server.domain.forward_fixes import (
    ALLOWED,
    FixTransitionError,
    Looked,
    advance,
    all_allowed,
    by_hand,
    plan_fixes,
    rules_to_switch_off,
)
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import FixState, LookedAtBy, RuleFix

NOON = datetime(2029, 6, 1, 9, tzinfo=UTC)
AINO = PersonId("aino")


def found(rule: str | None = "r1", *, kind: FindingKind = FindingKind.RULE, **facts: object) -> Finding:
    fields = {"active": True, "outside": True, "target_domain": "gmail.com", **facts}
    return Finding(kind=kind, reason=Reason.OUTSIDE_DOMAIN, rule_id=rule, **fields)  # type: ignore[arg-type]


def looked(*findings: Finding, at: datetime = NOON) -> Looked:
    return Looked(person=AINO, user="u", findings=findings, at=at)


def a_fix(state: FixState, number: int = 1, **facts: object) -> RuleFix:
    fields = {"by": LookedAtBy.SERVER, "state": state, **facts}
    return RuleFix(
        person=AINO, user="u", rule="r1", number=number, at=NOON, target_domains=("gmail.com",), **fields
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("was", FixState)
@pytest.mark.parametrize("to", FixState)
def test_a_fix_goes_only_where_the_table_says(was: FixState, to: FixState) -> None:
    if to in ALLOWED[was]:
        assert advance(a_fix(was), to).state is to
    else:
        with pytest.raises(FixTransitionError):
            advance(a_fix(was), to)


@pytest.mark.parametrize(
    "finding",
    [
        found(active=False),
        found(outside=False),
        found(kind=FindingKind.CHAIN),
        found(kind=FindingKind.HIDDEN_RULE),
        found(kind=FindingKind.MAILBOX_FORWARDING),
        found(kind=FindingKind.LATENT),
        found(kind=FindingKind.UNREADABLE),
        found(None),
    ],
)
def test_only_an_active_rule_that_leads_outside_is_to_be_switched_off(finding: Finding) -> None:
    assert rules_to_switch_off([finding]) == {}
    assert plan_fixes(looked(finding), [], fix=True, now=NOON).begin == ()


def test_one_rule_with_several_targets_is_one_fix() -> None:
    change = plan_fixes(
        looked(found(), found(target_domain="partner.example"), found("r2", target_domain=None)),
        [],
        fix=True,
        now=NOON,
    )
    assert [(fix.rule, fix.number, fix.target_domains) for fix in change.begin] == [
        ("r1", 1, ("gmail.com", "partner.example")),
        ("r2", 1, ()),
    ]


@pytest.mark.parametrize(
    ("state", "number"),
    [(FixState.DONE, 2), (FixState.CANCELLED, 2), (FixState.DUE, None), (FixState.FAILED, None)],
)
def test_what_stands_of_a_rule_that_is_still_on(state: FixState, number: int | None) -> None:
    fix = a_fix(state, done_at=NOON - timedelta(hours=1))
    begun = plan_fixes(looked(found()), [fix], fix=True, now=NOON).begin
    assert [one.number for one in begun] == ([] if number is None else [number])


def test_a_look_that_is_older_than_the_fix_begins_nothing() -> None:
    fix = a_fix(FixState.DONE, done_at=NOON + timedelta(seconds=1))
    assert plan_fixes(looked(found()), [fix], fix=True, now=NOON).begin == ()


@pytest.mark.parametrize(
    ("asked", "settled"), [(None, FixState.CANCELLED), (NOON - timedelta(hours=1), FixState.DONE)]
)
def test_a_rule_that_is_off_by_now_was_switched_off_by_us_only_if_we_asked(
    asked: datetime | None, settled: FixState
) -> None:
    fix = a_fix(FixState.DUE, asked_at=asked)
    ((_, after),) = plan_fixes(looked(), [fix], fix=True, now=NOON).settle
    assert after.state is settled


def test_what_people_must_do_is_over_when_the_rule_is_gone() -> None:
    ((_, after),) = plan_fixes(looked(), [a_fix(FixState.FAILED)], fix=True, now=NOON).settle
    assert after.state is FixState.CANCELLED
    assert plan_fixes(looked(found()), [a_fix(FixState.FAILED)], fix=True, now=NOON).settle == ()


def test_the_other_fixers_work_is_left_alone() -> None:
    fix = a_fix(FixState.DUE, by=LookedAtBy.LAPTOP)
    assert plan_fixes(looked(), [fix], fix=True, now=NOON).settle == ()
    assert plan_fixes(looked(found()), [fix], fix=False, now=NOON).settle == ()


def test_a_fix_is_allowed_only_if_all_its_targets_are() -> None:
    fix = a_fix(FixState.DUE)
    assert all_allowed(fix, {"gmail.com"})
    assert not all_allowed(fix, {"partner.example"})
    nowhere = RuleFix(
        person=AINO, user="u", rule="r", number=1, at=NOON, by=LookedAtBy.SERVER, target_domains=()
    )
    assert not all_allowed(nowhere, {"gmail.com"})


def test_the_task_for_people_names_domain_and_rule_and_is_the_same_twice() -> None:
    task = by_hand(a_fix(FixState.FAILED))
    assert (task.subject, task.id) == ("aino", by_hand(a_fix(FixState.FAILED)).id)
    assert "gmail.com" in str(task.why)
    assert "r1" in str(task.why)


_STEPS = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.sampled_from(["done", "failed", "lost", "nothing"])),
    max_size=30,
)


@given(_STEPS)
def test_whatever_happens_a_rule_has_one_open_fix_at_most_and_numbers_grow(
    steps: list[tuple[bool, bool, str]],
) -> None:
    """Each step: whether the rule is on, whether fixing is on, and what became of the fix that is due."""
    fixes: dict[str, RuleFix] = {}
    now = NOON
    for on, fixing, outcome in steps:
        now += timedelta(hours=1)
        change = plan_fixes(
            looked(*([found()] if on else []), at=now), list(fixes.values()), fix=fixing, now=now
        )
        for was, after in change.settle:
            assert fixes[was.id] == was
            fixes[was.id] = after
        for fix in change.begin:
            assert fixing
            assert on
            assert fix.id not in fixes
            fixes[fix.id] = fix
        due = [fix for fix in fixes.values() if fix.state is FixState.DUE]
        assert len(due) <= 1
        assert [fix.number for fix in fixes.values()] == list(range(1, len(fixes) + 1))
        for fix in due:
            match outcome:
                case "done":
                    fixes[fix.id] = advance(fix, FixState.DONE, done_at=now)
                case "failed":
                    fixes[fix.id] = advance(fix, FixState.FAILED, done_at=now)
                case "lost":
                    fixes[fix.id] = advance(fix, FixState.DUE, asked_at=now)
