"""Which permissions are more than Tenure may hold, and what each would let a thief do. Pure: no I/O.

An application permission is good for the whole tenant and needs no person: whoever takes the server's
certificate has it. So a permission that nothing here needs is a finding, not a reserve.
"""

from tenure_server.domain.message import N_, Message, say

_READS_MESSAGES = say(N_("It reads people's mail. Tenure never reads a message, only inbox rules."))
_TAKES_THE_TENANT = say(
    N_("Whoever has it can give itself any other right: the certificate becomes a key to the tenant.")
)
_CHANGES_EVERYTHING = say(
    N_("It changes almost everything in the directory, groups and their rights included.")
)
_READS_EVERYTHING = say(N_("It reads the whole directory: devices, applications and policies too."))
_CHANGES_PEOPLE = say(N_("It changes every account's data; narrower permissions exist for what is needed."))
_CHANGES_GROUPS = say(N_("It changes groups and thereby what their members may do."))
_READS_CONTENT = say(N_("It reads or changes what people keep; nothing here needs that."))
_CHANGES = say(N_("It changes things in the tenant, and nothing that is switched on here needs it."))

_NAMED: dict[str, Message] = {
    "Directory.Read.All": _READS_EVERYTHING,
    "Directory.ReadWrite.All": _CHANGES_EVERYTHING,
    "User.ReadWrite.All": _CHANGES_PEOPLE,
    "Domain.ReadWrite.All": _TAKES_THE_TENANT,
    "Group.Read.All": say(N_("It reads the conversations and files of groups; members are enough.")),
    "Group.ReadWrite.All": _CHANGES_GROUPS,
    "GroupMember.ReadWrite.All": _CHANGES_GROUPS,
    "full_access_as_app": say(N_("It opens every mailbox whole, through Exchange's old web services.")),
    "Exchange.ManageAsApp": say(
        N_("It runs Exchange's administrative commands; this release calls none of them.")
    ),
    "AppRoleAssignment.ReadWrite.All": _TAKES_THE_TENANT,
    "Application.ReadWrite.All": _TAKES_THE_TENANT,
    "Application.ReadWrite.OwnedBy": _TAKES_THE_TENANT,
    "DelegatedPermissionGrant.ReadWrite.All": _TAKES_THE_TENANT,
}

_FAMILIES: tuple[tuple[str, Message], ...] = (
    ("RoleManagement", _TAKES_THE_TENANT),
    ("RoleAssignmentSchedule", _TAKES_THE_TENANT),
    ("RoleEligibilitySchedule", _TAKES_THE_TENANT),
    ("PrivilegedAccess", _TAKES_THE_TENANT),
    ("PrivilegedAssignmentSchedule", _TAKES_THE_TENANT),
    ("Policy.ReadWrite", _TAKES_THE_TENANT),
    ("UserAuthenticationMethod", _TAKES_THE_TENANT),
    ("User-PasswordProfile", _TAKES_THE_TENANT),
    ("Mail.Read", _READS_MESSAGES),
    ("MailboxFolder", _READS_MESSAGES),
    ("MailboxItem", _READS_MESSAGES),
    ("IMAP", _READS_MESSAGES),
    ("POP", _READS_MESSAGES),
    *(
        (family, _READS_CONTENT)
        for family in ("Calendars", "Chat", "ChannelMessage", "Contacts", "Files", "Notes", "Sites", "Tasks")
    ),
)

_CHANGING = (
    "ReadWrite",
    "FullControl",
    "Manage",
    "Create",
    "Delete",
    "Send",
    "PrivilegedOperations",
    "Write",
)


def too_wide(permission: str) -> Message | None:
    """Return why nobody should have a permission that nothing needs; None: it only reads, and little."""
    if permission in _NAMED:
        return _NAMED[permission]
    for family, why in _FAMILIES:
        if permission.startswith(family):
            return why
    if any(word in permission for word in _CHANGING):
        return _CHANGES
    return None
