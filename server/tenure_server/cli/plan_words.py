"""The words of a plan's codes, for commands that people read; translated where they are printed."""

from tenure_server.domain.message import N_
from tenure_server.domain.plan import Desired, Need, PersonStatus, Verb
from tenure_server.domain.term import PolicyStatus

DESIRED = {
    Desired.ACTIVE: N_("active"),
    Desired.LOCKED: N_("locked"),
    Desired.WIPED: N_("wiped"),
    Desired.NONE: N_("nothing"),
}
STATUSES = {
    PersonStatus.KEEPS: N_("keeps"),
    PersonStatus.RETURNS: N_("returns"),
    PersonStatus.UNKNOWN: N_("unknown"),
    PersonStatus.NONE: N_("no laptop"),
}
VERBS = {
    Verb.NOTIFY: N_("notify"),
    Verb.BLOCK_SIGN_IN: N_("block sign-in"),
    Verb.CLOSE_MAILBOX: N_("close the mailbox"),
    Verb.LOCK: N_("lock"),
    Verb.WIPE: N_("wipe"),
    Verb.PROPOSE_CHARGE: N_("propose a charge"),
}
NEEDS = {
    Need.CAMPAIGN: N_("a campaign"),
    Need.CONFIRMATION: N_("a confirmation"),
    Need.HOLD_RELEASE: N_("the release of a hold"),
    Need.CUSTODY_CONFIRMATION: N_("a confirmation of who has it"),
    Need.FRESH_REGISTER: N_("a fresh register"),
    Need.HUMAN_DECISION: N_("a person's decision"),
}
POLICY_STATUSES = {PolicyStatus.PROPOSAL: N_("a proposal"), PolicyStatus.ADOPTED: N_("adopted")}
