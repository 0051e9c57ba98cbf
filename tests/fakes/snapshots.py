"""Snapshots of an invented tenant, as `tenant.json` has them.

The city is city.gov; `me` is the mailbox that is judged, `clerk` a colleague.
"""

from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]
CITY = {"name": "city.gov", "verified": True, "email": True, "type": "Authoritative"}


def domain(name: str, kind: str = "Authoritative", *, verified: bool = True, email: bool = True) -> Row:
    return {"name": name, "verified": verified, "email": email, "type": kind}


def user(name: str, *proxies: str, mail: str | None = None, **more: Any) -> Row:
    address = mail if mail is not None else f"{name}@city.gov"
    row = {
        "id": name,
        "userPrincipalName": f"{name}@city.gov",
        "mail": address,
        "proxyAddresses": [f"SMTP:{address}", *proxies],
        "userType": "Member",
    }
    return row | more


def group(name: str, *members: str, **more: Any) -> Row:
    mail = f"{name}@city.gov"
    return {"id": name, "mail": mail, "proxyAddresses": [f"SMTP:{mail}"], "members": list(members)} | more


def contact(name: str, target: str, *proxies: str, **more: Any) -> Row:
    mail = f"{name}@city.gov"
    row = {"id": name, "mail": mail, "proxyAddresses": [*proxies], "externalEmailAddress": target}
    return row | more


def recipient(address: Any, name: str = "Somebody") -> Row:
    return {"emailAddress": {"name": name, "address": address}}


def rule(*addresses: Any, action: str = "forwardTo", rule_id: str = "r1", **more: Any) -> Row:
    row = {
        "id": rule_id,
        "displayName": "Copy",
        "sequence": 1,
        "isEnabled": True,
        "isReadOnly": False,
        "hasError": False,
        "actions": {action: [recipient(address) for address in addresses]},
    }
    return row | more


def read_only_rule(name: str = "Copy", sequence: int = 1, **more: Any) -> Row:
    row = rule(displayName=name, sequence=sequence, isReadOnly=True)
    del row["actions"]
    return row | more


def exchange_rule(*recipients: str, name: str = "Copy", priority: int = 1, **more: Any) -> Row:
    row = {
        "Name": name,
        "Priority": priority,
        "Enabled": True,
        "RuleIdentity": 4711,
        "ForwardTo": list(recipients) or None,
        "ForwardAsAttachmentTo": None,
        "RedirectTo": None,
    }
    return row | more


def mailbox(name: str, *rules: Row, **more: Any) -> Row:
    return {"user": name, "error": None, "rules": list(rules)} | more


def snapshot(*mailboxes: Row, partners: Iterable[str] = (), **more: Any) -> Row:
    lists = {
        "domains": [CITY],
        "allowed_partner_domains": list(partners),
        "users": [user("me"), user("clerk")],
        "groups": [],
        "contacts": [],
    }
    return lists | more | {"mailboxes": list(mailboxes)}
