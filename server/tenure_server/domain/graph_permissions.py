"""Which permissions of Microsoft Graph each feature needs, the least that do, and why. Pure: no I/O.

Rules: for each call the narrowest permission that Microsoft's reference names; nothing that reads a message;
what touches mailboxes is granted in Exchange, for the trustees' mailboxes only, and not in Entra, because the
two add up. Every path that an adapter calls stands in `CALLS` (a test reads the adapters' code).
"""

from dataclasses import dataclass
from enum import StrEnum

from tenure_server.domain.message import N_, Message, say

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph's own application id, the same in every tenant and cloud."""


class Feature(StrEnum):
    """What a city may want of its tenant; the value is what `--feature` takes."""

    LOOK = "look"
    """Look at the trustees' mailboxes for forwards."""
    FIX = "fix"
    """Switch forwards off."""
    BLOCK = "block"
    """Block sign-in at the end and switch the mailbox's forwards off that day; let in again."""
    REVOKE = "revoke"
    """End the sessions that are open."""
    LICENCES = "licences"
    """Close a mailbox by taking its licence away."""
    USERS = "users"
    """Close a mailbox by removing its account."""
    NOTICES = "notices"
    """Send notices from a mailbox of the city's."""
    LAPTOPS = "laptops"
    """Let laptops look at their holder's own mailbox, as that person."""


FEATURE_WORDS: dict[Feature, str] = {
    Feature.LOOK: N_("look at mailboxes"),
    Feature.FIX: N_("switch forwards off"),
    Feature.BLOCK: N_("block sign-in and clear forwards"),
    Feature.REVOKE: N_("end sessions"),
    Feature.LICENCES: N_("remove licences"),
    Feature.USERS: N_("remove accounts"),
    Feature.NOTICES: N_("send notices"),
    Feature.LAPTOPS: N_("laptops look for themselves"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One application permission that Tenure may ask for."""

    name: str
    role_id: str
    """Id of the app role at Microsoft Graph, the same in every tenant."""
    why: Message
    contained_in: tuple[str, ...] = ()
    """Broader permissions that allow the same; each is too wide where this one is enough."""
    of_mailboxes: bool = False
    """Exchange can grant it for some mailboxes only, as the role `Application <name>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One delegated permission, for laptops: the app may do what the signed-in person may, as them."""

    name: str
    why: Message


_DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")

PERMISSIONS: dict[str, Permission] = {
    one.name: one
    for one in (
        Permission(
            name="Domain.Read.All",
            role_id="dbb9058a-0e50-45d7-ae91-66909b5d4664",
            why=say(
                N_("Which domains are the city's own and carry its mail: what is inside, what is outside.")
            ),
            contained_in=("Domain.ReadWrite.All", *_DIRECTORY),
        ),
        Permission(
            name="User.Read.All",
            role_id="df021288-bdef-4463-88db-98f22de89214",
            why=say(
                N_("Whose an address is, whether it is a guest's, whether an account holds a directory role.")
            ),
            contained_in=("User.ReadWrite.All", *_DIRECTORY),
        ),
        Permission(
            name="GroupMember.Read.All",
            role_id="98830695-27a2-44f7-8c18-0c3ebc9698f6",
            why=say(N_("A forward to a group leads to everyone in it, outside members too.")),
            contained_in=(
                "Group.Read.All",
                "GroupMember.ReadWrite.All",
                "Group.ReadWrite.All",
                *_DIRECTORY,
            ),
        ),
        Permission(
            name="OrgContact.Read.All",
            role_id="e1a88a34-94c4-4418-be12-c87b00e26bea",
            why=say(N_("A contact with the city's address may lead to a private mailbox.")),
            contained_in=_DIRECTORY,
        ),
        Permission(
            name="MailboxSettings.Read",
            role_id="40f97065-369a-49f4-947c-6a255697ae91",
            why=say(N_("The inbox rules of a mailbox; no message is read.")),
            contained_in=("MailboxSettings.ReadWrite",),
            of_mailboxes=True,
        ),
        Permission(
            name="MailboxSettings.ReadWrite",
            role_id="6931bccd-447a-43d1-b442-00a195474933",
            why=say(N_("Switch a rule off that sends mail outside; it contains reading the rules.")),
            of_mailboxes=True,
        ),
        Permission(
            name="User.EnableDisableAccount.All",
            role_id="3011c876-62b7-4ada-afa2-506cbbecc68c",
            why=say(
                N_("Block sign-in when the right ends, and let in again; nothing else of an account changes.")
            ),
            contained_in=("User.ReadWrite.All", "Directory.ReadWrite.All"),
        ),
        Permission(
            name="User.RevokeSessions.All",
            role_id="77f3a031-c388-4f99-b373-dc68676a979e",
            # Microsoft's reference names no broader application permission for this call.
            why=say(
                N_("A blocked account stays signed in for an hour or more unless its sessions are ended.")
            ),
        ),
        Permission(
            name="LicenseAssignment.ReadWrite.All",
            role_id="5facf0c1-8979-4e95-abcf-ff3d079771c0",
            why=say(N_("Close a mailbox a month after the end by taking its licence away.")),
            contained_in=("User.ReadWrite.All", "Directory.ReadWrite.All"),
        ),
        Permission(
            name="User.DeleteRestore.All",
            role_id="eccc023d-eccf-4e7b-9683-8813ab36cecc",
            why=say(N_("Close a mailbox by removing its account, and bring it back within 30 days.")),
            contained_in=("User.ReadWrite.All",),
        ),
        Permission(
            name="Mail.Send",
            role_id="b633e1c5-b582-4048-a93e-9f11b44c7e96",
            why=say(N_("Send notices from the one mailbox that the settings name; nothing is read.")),
            of_mailboxes=True,
        ),
    )
}

_PEOPLE = ("Domain.Read.All", "User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All")

NEEDS: dict[Feature, tuple[str, ...]] = {
    Feature.LOOK: (*_PEOPLE, "MailboxSettings.Read"),
    Feature.FIX: (*_PEOPLE, "MailboxSettings.ReadWrite"),
    # A blocked account's mailbox still receives, and its rules still run: they are switched off that day.
    Feature.BLOCK: (*_PEOPLE, "MailboxSettings.ReadWrite", "User.EnableDisableAccount.All"),
    Feature.REVOKE: ("User.Read.All", "User.RevokeSessions.All"),
    Feature.LICENCES: ("User.Read.All", "LicenseAssignment.ReadWrite.All"),
    Feature.USERS: ("User.Read.All", "User.DeleteRestore.All"),
    Feature.NOTICES: ("Mail.Send",),
    Feature.LAPTOPS: (),
}
"""What the server's own registration needs; laptops sign in as their holder (`SCOPES`)."""

SCOPES: tuple[Scope, ...] = (
    Scope(name="User.Read", why=say(N_("Who signed in: another person's mailbox is never looked at."))),
    Scope(
        name="MailboxSettings.Read",
        why=say(N_("The holder's own inbox rules, as long as the city only looks.")),
    ),
    Scope(
        name="MailboxSettings.ReadWrite",
        why=say(N_("Switch a rule of the holder's off that sends mail outside, once the city says so.")),
    ),
    Scope(name="offline_access", why=say(N_("Sign in once at the handover, silently afterwards."))),
)


def needed(wanted: frozenset[Feature]) -> tuple[Permission, ...]:
    """Return the least set of application permissions for some features, in the table's order."""
    names = {name for feature in wanted for name in NEEDS[feature]}
    if "MailboxSettings.ReadWrite" in names:
        names.discard("MailboxSettings.Read")
    return tuple(one for one in PERMISSIONS.values() if one.name in names)


def features_of(permission: str, wanted: frozenset[Feature]) -> tuple[Feature, ...]:
    """Return which of the wanted features a permission serves."""
    names = {permission}
    if permission == "MailboxSettings.ReadWrite":
        names.add("MailboxSettings.Read")
    return tuple(feature for feature in Feature if feature in wanted and names & set(NEEDS[feature]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that the product makes, with `{}` for what varies, and the permission that is enough."""

    method: str
    path: str
    permission: str


def _calls(permission: str, *calls: str) -> tuple[Call, ...]:
    return tuple(
        Call(method=method, path=path, permission=permission)
        for method, path in (call.split(" ") for call in calls)
    )


_RULES = "mailFolders/inbox/messageRules"

CALLS: tuple[Call, ...] = (
    *_calls("Domain.Read.All", "GET /domains"),
    *_calls(
        "User.Read.All",
        "GET /users",
        "GET /users/delta",
        "GET /users/{}",
        # Of a role only its kind is told under this permission, and no more is asked.
        "GET /users/{}/transitiveMemberOf",
        "GET /users/{}/licenseDetails",
    ),
    *_calls("GroupMember.Read.All", "GET /groups", "GET /groups/{}/transitiveMembers"),
    *_calls("OrgContact.Read.All", "GET /contacts"),
    *_calls("MailboxSettings.Read", f"GET /users/{{}}/{_RULES}", f"GET /users/{{}}/{_RULES}/{{}}"),
    *_calls("MailboxSettings.ReadWrite", f"PATCH /users/{{}}/{_RULES}/{{}}"),
    *_calls("User.EnableDisableAccount.All", "PATCH /users/{}"),
    *_calls("User.RevokeSessions.All", "POST /users/{}/revokeSignInSessions"),
    *_calls("LicenseAssignment.ReadWrite.All", "POST /users/{}/assignLicense"),
    *_calls("User.DeleteRestore.All", "DELETE /users/{}", "POST /directory/deletedItems/{}/restore"),
    *_calls("Mail.Send", "POST /users/{}/sendMail"),
    # A batch needs what its items need.
    *_calls("", "POST /$batch"),
)
"""Calls under the server's own sign-in."""

LAPTOP_CALLS: tuple[Call, ...] = (
    *_calls("User.Read", "GET /me", "GET /organization"),
    *_calls("MailboxSettings.Read", f"GET /me/{_RULES}"),
    *_calls("MailboxSettings.ReadWrite", f"PATCH /me/{_RULES}/{{}}"),
)
"""Calls on a laptop, as its holder."""
