"""Hypothesis strategies for small tenants in which everything leads to everything."""

from typing import Any

from hypothesis import strategies as st

from fakes.snapshots import contact, domain, group, recipient, rule, snapshot, user

Row = dict[str, Any]
USERS = ("me", "clerk", "mayor", "chair")
GUESTS = ("rob", "eve")
GROUPS = ("all", "staff", "board")
CONTACTS = ("press", "desk", "club")
DOMAINS = (
    "city.gov",
    "tärnö.fi",
    "relay.gov",
    "old.gov",
    "mute.gov",
    "gmail.com",
    "partner.org",
    "\u0441ity.gov",
)
DN = "/o=ExchangeLabs/ou=Group/cn={}"
MANY = st.integers(min_value=0, max_value=3)


def _locals() -> st.SearchStrategy[str]:
    names = (*USERS, *GUESTS, *GROUPS, *CONTACTS, "nobody")
    tagged = tuple(f"{name}+tag" for name in names)
    return st.sampled_from((*names, *names, *tagged))


def _domains() -> st.SearchStrategy[str]:
    ascii_forms = ("xn--trn-qla6g.fi", "xn--ity-3ed.gov", "sub.city.gov", "evilcity.gov")
    return st.sampled_from(("city.gov",) * 6 + DOMAINS + ascii_forms)


@st.composite
def smtp(draw: st.DrawFn) -> str:
    """Draw an address as somebody may spell it."""
    address = f"{draw(_locals())}@{draw(_domains())}"
    spelling = draw(st.sampled_from(("{}", "{}", "{}.", " {} ", "smtp:{}", "SMTP:{}", '"City" [SMTP:{}]')))
    shout = draw(st.booleans())
    return spelling.format(address.upper() if shout else address)


def addresses() -> st.SearchStrategy[Any]:
    """Draw anything that may stand where an address is expected."""
    guest_names = st.sampled_from(("rob_gmail.com#EXT#@city.gov", "eve_partner.org#EXT#@city.gov"))
    names = st.sampled_from((*USERS, *CONTACTS, "nobody")).map(DN.format)
    x500 = st.tuples(st.sampled_from(("{}", "[EX:{}]", '"Clerk" [EX:{}]', "x500:{}")), names)
    odd = st.sampled_from((None, "", "  ", "clerk"))
    spelt_x500 = x500.map(lambda pair: pair[0].format(pair[1]))
    return st.one_of(smtp(), smtp(), smtp(), spelt_x500, odd, guest_names)


@st.composite
def _rule(draw: st.DrawFn, place: int) -> Row:
    facts: Row = {
        "rule_id": f"r{place}",
        "displayName": f"rule {place}",
        "sequence": draw(st.integers(1, 2)),
        "isEnabled": draw(st.sampled_from((True, True, False))),
        "isReadOnly": draw(st.sampled_from((False, False, False, True))),
    }
    made = rule(**facts)
    made["actions"] = {}
    if not facts["isReadOnly"]:
        for action in ("forwardTo", "redirectTo", "forwardAsAttachmentTo"):
            made["actions"][action] = [recipient(one) for one in draw(st.lists(addresses(), max_size=2))]
    return made


@st.composite
def _exchange(draw: st.DrawFn, rules: list[Row]) -> list[Row]:
    """Draw twins of the visible rules, as certain as twins are, and hidden rules between them."""
    rows: list[Row] = []
    for shown in rules:
        if not draw(st.booleans()):
            continue
        targets = [one["emailAddress"]["address"] for some in shown["actions"].values() for one in some]
        if shown["isReadOnly"]:
            targets = draw(st.lists(addresses(), max_size=2))
        rows.append(_exchange_row(shown["displayName"], shown["sequence"], targets, shown["isEnabled"]))
    for place in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from((f"hidden {place}", "Junk E-mail Rule", "rule 0")))
        targets = draw(st.lists(addresses(), max_size=2))
        rows.append(_exchange_row(name, 7 + place, targets, draw(st.booleans())))
    ordered = draw(st.permutations(rows))
    return [row | {"RuleIdentity": f"x{place}"} for place, row in enumerate(ordered)]


def _exchange_row(name: str, priority: int, targets: list[Any], enabled: bool) -> Row:
    return {"Name": name, "Priority": priority, "Enabled": enabled, "ForwardTo": None, "RedirectTo": targets}


@st.composite
def _mailbox(draw: st.DrawFn, name: str) -> Row:
    rules = [draw(_rule(place)) for place in range(draw(MANY))]
    row: Row = {"user": name, "error": draw(st.sampled_from((None,) * 7 + ("ErrorAccessDenied",)))}
    row["rules"] = draw(st.sampled_from((rules,) * 7 + (None,)))
    if draw(st.booleans()):
        row["exchange_rules"] = draw(_exchange(rules))
    if draw(st.booleans()):
        row["mailbox"] = {
            "ForwardingAddress": draw(st.one_of(st.none(), smtp())),
            "ForwardingSmtpAddress": draw(st.one_of(st.none(), smtp())),
        }
    return row


@st.composite
def tenants(draw: st.DrawFn) -> Row:
    """Draw a tenant with a few mailboxes."""
    everybody = (*USERS, *GUESTS, *GROUPS, *CONTACTS, "ghost")
    members = [user(name, f"x500:{DN.format(name)}", f"smtp:{name}@tärnö.fi") for name in USERS]
    homes = {"rob": "gmail.com", "eve": "partner.org"}
    guests = [
        user(
            name,
            mail=draw(st.sampled_from((f"{name}@{homes[name]}", f"{name}@city.gov"))),
            userPrincipalName=f"{name}_{homes[name]}#EXT#@city.gov",
            userType=draw(st.sampled_from(("Guest", "Member"))),
        )
        for name in GUESTS
    ]
    groups = [
        group(
            name, members=draw(st.one_of(st.none(), *(st.lists(st.sampled_from(everybody), max_size=3),) * 6))
        )
        for name in GROUPS
    ]
    contacts = [contact(name, draw(smtp()), f"x500:{DN.format(name)}") for name in CONTACTS]
    contacts[0]["proxyAddresses"].append("smtp:clerk+tag@city.gov")
    domains = [
        domain("city.gov"),
        domain(draw(st.sampled_from(("tärnö.fi", "XN--TRN-QLA6G.fi")))),
        domain("relay.gov", draw(st.sampled_from(("ExternalRelay", "InternalRelay")))),
        domain("old.gov", verified=False),
        domain("mute.gov", email=False),
    ]
    names = draw(st.permutations(USERS))[: draw(st.integers(1, 4))]
    return snapshot(
        *(draw(_mailbox(name)) for name in names),
        domains=domains,
        users=[*members, *guests],
        groups=groups,
        contacts=contacts,
        partners=draw(st.sampled_from(((), ("partner.org",), ("Partner.org.",)))),
    )
