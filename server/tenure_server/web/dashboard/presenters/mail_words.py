"""The words and tones of the mail check's codes, in one place for its pages. Pure: no I/O, no clock."""

from tenure_policies.forwarding.verdicts import BlindSpot, FindingKind, MailVerdict
from tenure_server.domain import mail_scope
from tenure_server.domain.forwarding_words import BLIND_SPOTS, VERDICTS
from tenure_server.domain.mail_check import FixState, LookedAtBy
from tenure_server.domain.message import N_
from tenure_server.language import Translator
from tenure_server.usecases.mail_views import AllowanceState, FixRow, Standing
from tenure_server.web.dashboard.presenters.words import Label

_STANDING = {
    Standing.VIOLATION: (VERDICTS[MailVerdict.VIOLATION], "grave"),
    Standing.UNKNOWN: (VERDICTS[MailVerdict.UNKNOWN], "wait"),
    Standing.NOT_LOOKED_AT: (N_("Not looked at"), "blank"),
    Standing.OK: (VERDICTS[MailVerdict.OK], "calm"),
}
_KIND = {
    FindingKind.RULE: N_("Rule"),
    FindingKind.HIDDEN_RULE: N_("Hidden rule"),
    FindingKind.MAILBOX_FORWARDING: N_("Forwarding of the whole mailbox"),
    FindingKind.LATENT: N_("Rule or forwarding that is not in force"),
    FindingKind.CHAIN: N_("Through a colleague's mailbox"),
    FindingKind.LOOP: N_("Back to the mailbox itself"),
    FindingKind.UNREADABLE: N_("Unreadable"),
}
_FIX = {
    FixState.DUE: (N_("To be switched off"), "wait"),
    FixState.DONE: (N_("Switched off"), "done"),
    FixState.FAILED: (N_("Could not be switched off"), "grave"),
    FixState.CANCELLED: (N_("Left alone"), "blank"),
}
_BY = {LookedAtBy.SERVER: N_("by the server"), LookedAtBy.LAPTOP: N_("by the holder's laptop")}
_ERROR = {
    mail_scope.NO_ACCOUNT: N_("The tenant has no account with the register's address."),
    mail_scope.NO_ADDRESS: N_("The register knows no city address of this trustee."),
    mail_scope.SHARED_ADDRESS: N_(
        "Two people of the register have this address: whose it is, nobody can tell."
    ),
    mail_scope.SEVERAL_ACCOUNTS: N_("Several accounts have the register's address: find out which it is."),
}
_ALLOWANCE = {
    AllowanceState.IN_FORCE: (N_("In force"), "calm"),
    AllowanceState.EXPIRED: (N_("Ran out"), "blank"),
    AllowanceState.WITHDRAWN: (N_("Withdrawn"), "blank"),
}


def standing(what: Standing, speak: Translator) -> Label:
    """Label what is known of a mailbox."""
    text, tone = _STANDING[what]
    return Label(text=speak.gettext(text), tone=tone)


def kind(what: FindingKind, speak: Translator) -> str:
    """Name a way out of a mailbox."""
    return speak.gettext(_KIND[what])


def fix(row: FixRow, speak: Translator) -> Label:
    """Label how far switching a rule off has come; one under way may or may not have been carried out."""
    if row.state is FixState.DUE and row.asked_at is not None:
        return Label(text=speak.gettext("Being switched off"), tone="wait")
    text, tone = _FIX[row.state]
    return Label(text=speak.gettext(text), tone=tone)


def by(who: LookedAtBy, speak: Translator) -> str:
    """Say who looked at a mailbox or switched a rule off."""
    return speak.gettext(_BY[who])


def blind_spot(code: str, speak: Translator) -> str:
    """Say what cannot be seen; a code of a later version is shown as it is."""
    return speak.gettext(BLIND_SPOTS[BlindSpot(code)]) if code in BlindSpot.__members__.values() else code


def error(code: str, speak: Translator) -> str:
    """Say what kept a mailbox from being read; the tenant's own codes are shown as they are."""
    if code in _ERROR:
        return speak.gettext(_ERROR[code])
    return speak.gettext("It could not be read: {code}").format(code=code)


def allowance(state: AllowanceState, speak: Translator) -> Label:
    """Label whether a domain may be forwarded to."""
    text, tone = _ALLOWANCE[state]
    return Label(text=speak.gettext(text), tone=tone)
