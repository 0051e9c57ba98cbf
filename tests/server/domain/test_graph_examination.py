import pytest

from tenure_server.domain.graph_examination import FAILING, Reach, Row, Seen, State, examine
from tenure_server.domain.graph_permissions import PERMISSIONS, Feature, needed

DIRECTORY = frozenset({"Domain.Read.All", "User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All"})
LOOK = frozenset({Feature.LOOK})
FIX = frozenset({Feature.FIX})
READ, WRITE = "MailboxSettings.Read", "MailboxSettings.ReadWrite"
ALL = tuple(Reach)


def rows(wanted, *roles, **seen) -> dict[str, Row]:
    return {row.check: row for row in examine(wanted, Seen(roles=frozenset(roles), **seen))}


def state(wanted, check, *roles, **seen) -> State:
    return rows(wanted, *roles, **seen)[check].state


def test_the_least_granted_and_limited_in_exchange_is_fine() -> None:
    found = rows(LOOK, *DIRECTORY, trustee=Reach.READABLE, other=Reach.REFUSED)
    assert {row.state for row in found.values()} == {State.OK}
    assert set(found) == DIRECTORY | {READ}


@pytest.mark.parametrize("permission", sorted(DIRECTORY))
def test_what_is_not_granted_is_missing_with_what_to_do(permission: str) -> None:
    row = rows(LOOK, *(DIRECTORY - {permission}), trustee=Reach.READABLE, other=Reach.REFUSED)[permission]
    assert row.state is State.MISSING
    assert permission in str(row.to_do)
    assert row.features == (Feature.LOOK,)


@pytest.mark.parametrize(
    ("permission", "broader"),
    [(one.name, broader) for one in PERMISSIONS.values() for broader in one.contained_in],
)
def test_what_works_through_a_broader_permission_is_too_wide(permission: str, broader: str) -> None:
    wanted = frozenset(f for f in Feature if permission in {one.name for one in needed(frozenset({f}))})
    row = rows(wanted - {Feature.FIX, Feature.BLOCK} if permission == READ else wanted, broader)[permission]
    assert row.state is State.TOO_WIDE
    assert broader in str(row.why)
    assert permission in str(row.to_do)


def test_a_broader_permission_beside_the_narrow_one_is_to_be_taken_back() -> None:
    found = rows(LOOK, *DIRECTORY, "Directory.Read.All", trustee=Reach.READABLE, other=Reach.REFUSED)
    assert found["User.Read.All"].state is State.OK
    assert found["Directory.Read.All"].state is State.TOO_WIDE


def test_reading_and_writing_of_rules_is_too_wide_where_only_looking_is_wanted() -> None:
    found = rows(LOOK, *DIRECTORY, WRITE)
    assert found[READ].state is State.TOO_WIDE
    assert found[WRITE].state is State.TOO_WIDE


def test_reading_beside_writing_is_merely_not_needed() -> None:
    assert state(FIX, READ, *DIRECTORY, READ, WRITE) is State.NOTE


def test_a_permission_of_a_feature_that_is_off_is_too_wide() -> None:
    found = rows(LOOK, *DIRECTORY, "Mail.Send", "User.DeleteRestore.All")
    assert found["Mail.Send"].state is State.TOO_WIDE
    assert found["User.DeleteRestore.All"].state is State.TOO_WIDE
    assert rows(frozenset({Feature.NOTICES}), "User.Read.All")["User.Read.All"].state is State.NOTE


@pytest.mark.parametrize("other", ALL)
@pytest.mark.parametrize("trustee", ALL)
def test_consent_for_all_mailboxes_is_only_ok_where_another_is_seen_to_be_refused(
    trustee: Reach, other: Reach
) -> None:
    found = state(LOOK, READ, *DIRECTORY, READ, trustee=trustee, other=other)
    if other is Reach.READABLE:
        assert found is State.TOO_WIDE
    elif (trustee, other) == (Reach.READABLE, Reach.REFUSED):
        assert found is State.OK
    elif (trustee, other) == (Reach.REFUSED, Reach.REFUSED):
        assert found is State.MISSING
    else:
        assert found is State.CANNOT_TELL


@pytest.mark.parametrize("other", ALL)
@pytest.mark.parametrize("trustee", ALL)
def test_what_exchange_grants_shows_at_a_mailbox_and_not_in_the_token(trustee: Reach, other: Reach) -> None:
    found = state(LOOK, READ, *DIRECTORY, trustee=trustee, other=other)
    if other is Reach.READABLE:
        assert found is State.TOO_WIDE
    elif trustee is Reach.REFUSED:
        assert found is State.MISSING
    elif (trustee, other) == (Reach.READABLE, Reach.REFUSED):
        assert found is State.OK
    else:
        assert found is State.CANNOT_TELL


def test_whether_exchange_grants_switching_off_is_not_tried_and_not_claimed() -> None:
    row = rows(FIX, *DIRECTORY, trustee=Reach.READABLE, other=Reach.REFUSED)[WRITE]
    assert row.state is State.CANNOT_TELL
    assert "Test-ServicePrincipalAuthorization" in str(row.to_do)
    assert state(FIX, WRITE, *DIRECTORY, trustee=Reach.REFUSED, other=Reach.REFUSED) is State.MISSING


def test_sending_is_never_tried() -> None:
    notices = frozenset({Feature.NOTICES})
    assert state(notices, "Mail.Send") is State.CANNOT_TELL
    assert state(notices, "Mail.Send", "Mail.Send") is State.CANNOT_TELL
    # That another mailbox is refused says nothing of sending, unless a consent to read was limited.
    assert state(notices, "Mail.Send", "Mail.Send", other=Reach.REFUSED, trustee=Reach.READABLE) is (
        State.CANNOT_TELL
    )
    assert state(notices, "Mail.Send", "Mail.Send", other=Reach.READABLE) is State.TOO_WIDE


def test_a_fresh_grant_that_is_still_refused_cannot_be_told() -> None:
    found = state(LOOK, "User.Read.All", *DIRECTORY, probes={"User.Read.All": Reach.REFUSED})
    assert found is State.CANNOT_TELL


def test_what_is_answered_without_a_grant_comes_from_a_directory_role() -> None:
    assert state(LOOK, "User.Read.All", probes={"User.Read.All": Reach.READABLE}) is State.TOO_WIDE


def test_without_a_token_nothing_is_told_and_nothing_is_ok() -> None:
    found = examine(frozenset(Feature), Seen(roles=None))
    assert {row.state for row in found} == {State.CANNOT_TELL}
    assert len(found) == len(needed(frozenset(Feature)))


def test_what_cannot_be_told_is_no_failure_and_a_note_neither() -> None:
    assert {State.MISSING, State.TOO_WIDE, State.WRONG} == FAILING


@pytest.mark.parametrize("junk", ["", "x", "Mail.Read" * 50, "\n", "Ж.Read.All"])
def test_an_unheard_of_permission_never_breaks_the_examination(junk: str) -> None:
    assert junk in rows(LOOK, junk)
