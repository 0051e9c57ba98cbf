import pytest

from tenure_server.domain.graph_permissions import (
    FEATURE_WORDS,
    NEEDS,
    PERMISSIONS,
    Feature,
    features_of,
    needed,
)
from tenure_server.domain.graph_too_wide import too_wide

LEAST = {
    Feature.LOOK: {
        "Domain.Read.All",
        "User.Read.All",
        "GroupMember.Read.All",
        "OrgContact.Read.All",
        "MailboxSettings.Read",
    },
    Feature.FIX: {
        "Domain.Read.All",
        "User.Read.All",
        "GroupMember.Read.All",
        "OrgContact.Read.All",
        "MailboxSettings.ReadWrite",
    },
    Feature.BLOCK: {
        "Domain.Read.All",
        "User.Read.All",
        "GroupMember.Read.All",
        "OrgContact.Read.All",
        "MailboxSettings.ReadWrite",
        "User.EnableDisableAccount.All",
    },
    Feature.REVOKE: {"User.Read.All", "User.RevokeSessions.All"},
    Feature.LICENCES: {"User.Read.All", "LicenseAssignment.ReadWrite.All"},
    Feature.USERS: {"User.Read.All", "User.DeleteRestore.All"},
    Feature.NOTICES: {"Mail.Send"},
    Feature.LAPTOPS: set(),
}


@pytest.mark.parametrize("feature", Feature)
def test_each_feature_needs_the_least_and_no_more(feature: Feature) -> None:
    assert {one.name for one in needed(frozenset({feature}))} == LEAST[feature]


def test_fixing_contains_looking() -> None:
    names = {one.name for one in needed(frozenset({Feature.LOOK, Feature.FIX}))}
    assert names == LEAST[Feature.FIX]
    assert features_of("MailboxSettings.ReadWrite", frozenset({Feature.LOOK, Feature.FIX})) == (
        Feature.LOOK,
        Feature.FIX,
    )


def test_nothing_wanted_needs_nothing() -> None:
    assert needed(frozenset()) == ()


def test_every_feature_has_needs_and_words() -> None:
    assert set(NEEDS) == set(FEATURE_WORDS) == set(Feature)


def test_no_permission_that_is_asked_for_reads_messages() -> None:
    assert not [name for name in PERMISSIONS if name.startswith("Mail.Read")]


@pytest.mark.parametrize(
    "permission",
    [
        "Mail.Read",
        "Mail.ReadWrite",
        "Mail.ReadBasic.All",
        "full_access_as_app",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "RoleManagement.ReadWrite.Directory",
        "RoleManagement.Read.Directory",
        "Application.ReadWrite.All",
        "AppRoleAssignment.ReadWrite.All",
        "User.ReadWrite.All",
        "Policy.ReadWrite.ConditionalAccess",
        "UserAuthenticationMethod.ReadWrite.All",
        "Files.Read.All",
        "Calendars.Read",
        "Contacts.Read",
        "DeviceManagementManagedDevices.PrivilegedOperations.All",
        "Exchange.ManageAsApp",
        "Somethingnew.ReadWrite.All",
    ],
)
def test_what_reads_content_changes_things_or_takes_the_tenant_is_too_wide(permission: str) -> None:
    assert too_wide(permission) is not None


@pytest.mark.parametrize("permission", ["AuditLog.Read.All", "Organization.Read.All", "Reports.Read.All"])
def test_what_only_reads_a_little_is_merely_not_needed(permission: str) -> None:
    assert too_wide(permission) is None
