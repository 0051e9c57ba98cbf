"""What a judge of forwarding found, in sentences for people. Pure: no I/O, no clock.

A sentence names no person, no address and no rule: those stand beside it, where they may be shown.
"""

from collections.abc import Mapping

from tenure_policies.forwarding.verdicts import BlindSpot, Finding, MailVerdict, Reason
from tenure_server.domain.message import N_, Message, say

VERDICTS: Mapping[MailVerdict, str] = {
    MailVerdict.OK: N_("No forwarding found"),
    MailVerdict.VIOLATION: N_("Sends mail outside"),
    MailVerdict.UNKNOWN: N_("Cannot be told"),
}
BLIND_SPOTS: Mapping[BlindSpot, str] = {
    BlindSpot.HIDDEN_RULES: N_(
        "Hidden inbox rules, and what read-only rules do: they are seen only through Exchange itself."
    ),
    BlindSpot.MAILBOX_FORWARDING: N_(
        "Forwarding that is set on the whole mailbox: it is seen only through Exchange itself."
    ),
    BlindSpot.TENANT_POLICY: N_(
        "Whether the tenant's outbound policy and remote domains let automatic forwarding out."
    ),
    BlindSpot.TRANSPORT_RULES: N_("Transport rules that copy or redirect mail for the whole organisation."),
    BlindSpot.POWER_AUTOMATE: N_("Flows of Power Automate that send mail on."),
    BlindSpot.CLIENT_COPIES: N_(
        "Mail programs and services that fetch full copies, delegates' rules and exported mail files."
    ),
}
_NO_DOMAIN = "-"
_WHY: Mapping[Reason, str] = {
    Reason.OUTSIDE_DOMAIN: N_("It sends mail to {domain}, which is neither the city's own nor allowed."),
    Reason.GUEST: N_("It sends mail to a guest account, whose mailbox is outside ({domain})."),
    Reason.OUTSIDE_CONTACT: N_("The address stands for a mailbox outside ({domain})."),
    Reason.GROUP_MEMBER_OUTSIDE: N_("It sends mail to a group with a member outside ({domain})."),
    Reason.GROUP_UNREADABLE: N_("It sends mail to a group whose members could not all be told."),
    Reason.UNRESOLVED_X500: N_("It sends mail to an Exchange name that stands for nobody we know."),
    Reason.RELAY_DOMAIN: N_("It sends mail to {domain}, which hands mail on to where nobody can tell."),
    Reason.BAD_ADDRESS: N_("It sends mail to something that is no readable address."),
    Reason.CHAIN_OUTSIDE: N_("It sends mail to a colleague, from where it goes on outside ({domain})."),
    Reason.CHAIN_UNREADABLE: N_("It sends mail to a colleague, and whether it goes on cannot be told."),
    Reason.DISABLED: N_("It is switched off; switched on, it would send mail on ({domain})."),
    Reason.OUTRANKED: N_("Not in force while the other forwarding address is set ({domain})."),
    Reason.OWN_ADDRESS: N_("It sends mail back to the mailbox itself."),
    Reason.READ_ONLY_RULE: N_("What the rule does is not shown: look at it in Outlook, or through Exchange."),
    Reason.MAILBOX_UNREADABLE: N_("The mailbox could not be read."),
    Reason.RULE_UNREADABLE: N_("What the rule does could not be understood."),
    Reason.CONTACT_UNREADABLE: N_("The address stands for a contact whose own address is not known."),
    Reason.BOOK_INCOMPLETE: N_("Users, groups or contacts are missing: it may be one that leads outside."),
}


def why(finding: Finding) -> Message:
    """Say why a finding is what it is."""
    return say(_WHY[finding.reason], domain=finding.target_domain or _NO_DOMAIN)
