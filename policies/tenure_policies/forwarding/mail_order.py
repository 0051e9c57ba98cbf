"""What the server asks a laptop to look at in its holder's own mailbox, and what it answers. Pure values.

The order is signed like a directive and rides on a visit's answer; the answer is an inventory document named
`MAIL_DOCUMENT`. Rules: the order names whose mailbox and nobody else's; `fix_until` is a lease on fixing:
until then the server fixes nothing in that mailbox, after it the laptop does not (ADR 0026).
"""

import msgspec

from tenure_policies.envelope import Counter, Moment, Payload

MAIL_DOCUMENT = "mail"


class MailOrder(Payload, frozen=True, kw_only=True):
    """Look at the holder's own mailbox; switch off what leads outside if `fix_until` says so."""

    municipality: str
    device: str
    epoch: Counter
    number: Counter
    """Grows with each order of this device and epoch; an older one is ignored."""
    issued: Moment
    expires: Moment
    address: str
    """The holder's address or user name in the city's tenant; another account is never looked at."""
    language: str
    authority: str
    """Of the city's tenant, for sign-in: https://login.microsoftonline.com/<tenant>."""
    client_id: str
    """The public client that the city registered for laptops."""
    graph: str
    """Base URL with version: https://graph.microsoft.com/v1.0."""
    own_domains: tuple[str, ...] = ()
    """Domains that carry the city's mail; empty: the laptop asks the tenant."""
    partner_domains: tuple[str, ...] = ()
    fix_until: Moment | None = None
    """None: look and report only."""


class ReportedFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding, as `verdicts.Finding` says it, and what was done about it."""

    kind: str
    reason: str
    rule_id: str | None = None
    active: bool = True
    target_domain: str | None = None
    outside: bool = False
    """Whether it leads, or would lead, outside."""
    fixed: bool = False
    """Whether this laptop switched the rule off."""


class ReportedFix(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that this laptop switched off; told again with every report until newer ones push it out."""

    rule_id: str
    target_domains: tuple[str, ...] = ()
    fixed_at: Moment


class MailReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the laptop found; a document of the visit's inventory."""

    number: Counter
    """Of the order that it answers."""
    state: str
    """`checked`, `sign_in_needed`, `wrong_account` or `failed`."""
    verdict: str = "unknown"
    findings: tuple[ReportedFinding, ...] = ()
    fixes: tuple[ReportedFix, ...] = ()
    """The newest, oldest first; also of rules that are not there any more."""
    error: str = ""
    """A code where `state` is `failed`; no text of anybody's."""
    checked_at: Moment | None = None
