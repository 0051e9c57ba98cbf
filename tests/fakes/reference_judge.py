"""A slow judge of forwarding, written from the command's contract alone; it shares no code with the product.

It walks every path from every mailbox and keeps what it meets. It reads what the generator in `wild_tenants`
writes, nothing more: addresses of that spelling, rules of the documented shape, twins that are certain.
"""

from typing import Any

Tenant = dict[str, Any]
Finding = tuple[str, str | None, str | None, bool]
"""Kind, rule id, target domain, active."""
End = tuple[str, str | None]
"""What it is (user, group, outside, unreadable, chain, loop), and its id or domain."""
WORST_FIRST = ["rule", "hidden_rule", "mailbox_forwarding", "chain", "unreadable", "latent", "loop"]


def spelt(text: Any) -> tuple[str, str]:
    """Return what an address is, and its one spelling."""
    if not isinstance(text, str):
        return "nothing", ""
    plain = text.strip(" \t\n").lower()
    if plain.endswith("]"):
        plain = plain[plain.rindex("[") + 1 : -1]
    if plain.startswith("smtp:"):
        plain = plain[5:].strip()
    for prefix in ("ex:", "x500:"):
        if plain.startswith(prefix):
            plain = plain[len(prefix) :]
    if plain.startswith("/o="):
        return "x500", plain
    if plain.count("@") != 1 or plain.startswith("@") or plain.endswith("@"):
        return "nothing", ""
    local, domain = plain.split("@")
    labels = domain.rstrip(".").split(".")
    return "smtp", local + "@" + ".".join(label.encode("idna").decode() for label in labels)


class ReferenceJudge:
    """One tenant, walked path by path."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.own = {
            spelt("x@" + one["name"])[1][2:]: one["type"]
            for one in tenant["domains"]
            if one["verified"] and one["email"]
        }
        self.partners = {spelt("x@" + name)[1][2:] for name in tenant["allowed_partner_domains"]}
        self.ways = {one["user"]: self.ways_of(one) for one in tenant["mailboxes"]}
        self.unreadable = {one["user"] for one in tenant["mailboxes"] if one["error"] or one["rules"] is None}

    def judged(self) -> list[tuple[str, str, set[Finding]]]:
        """Return user, verdict and findings of each mailbox."""
        return [self.judge(one["user"]) for one in self.tenant["mailboxes"]]

    def judge(self, owner: str) -> tuple[str, str, set[Finding]]:
        found: set[Finding] = {("unreadable", None, None, True)} if owner in self.unreadable else set()
        violation = False
        for kind, rule_id, state, targets in self.ways[owner]:
            met: dict[str | None, set[str]] = {}
            if targets is None:
                found.add(("unreadable", rule_id, None, state == "on"))
            for target in targets or []:
                ends = self.ends(owner, target)
                if state == "on":
                    leaves = {
                        one for one in ends if one[0] in ("outside", "chain") and one != ("chain", None)
                    }
                    violation = violation or bool(leaves)
                if state == "outranked" and not ends:
                    ends = {("latent", spelt(target)[1].partition("@")[2] or None)}
                for what, where in ends:
                    shown = kind if what == "outside" else what
                    off = state != "on" and what != "loop"
                    met.setdefault(where, set()).add("latent" if off else shown)
            for where, kinds in met.items():
                found.add((min(kinds, key=WORST_FIRST.index), rule_id, where, state == "on"))
        unsure = any(kind in ("unreadable", "chain") for kind, _, _, _ in found)
        return owner, "violation" if violation else "unknown" if unsure else "ok", found

    def ends(self, owner: str, target: Any) -> set[End]:
        """Return the ends of one target: outside, chain, unreadable or loop, with the domain."""
        here = self.lead(target)
        met = self.with_members(here - {("user", owner)})
        found = {one for one in met if one[0] in ("outside", "unreadable")}
        if ("user", owner) in here:
            found.add(("loop", spelt(target)[1].partition("@")[2] or None))
        for colleague in self.reached({one for one in met if one[0] == "user"}):
            if colleague != owner:
                found |= self.sent_on_by(colleague)
        return found

    def reached(self, users: set[End]) -> set[str]:
        """Return the ids of these users and of all to whom their mailboxes lead, step by step."""
        before: set[End] = set()
        while before != users:
            before = users
            users = users | {
                one
                for _, name in users
                for target in self.active_targets(name)
                for one in self.with_members(self.lead(target))
                if one[0] == "user"
            }
        return {str(name) for _, name in users}

    def active_targets(self, name: Any) -> list[Any]:
        active = [targets for _, _, state, targets in self.ways.get(name, []) if state == "on"]
        return [one for targets in active for one in targets or []]

    def sent_on_by(self, name: str) -> set[End]:
        """Return what a mailbox's own active ways come to, for those who send mail to it."""
        unsure = name in self.unreadable
        unsure = unsure or any(
            state == "on" and targets is None for _, _, state, targets in self.ways.get(name, [])
        )
        met: set[End] = set()
        for target in self.active_targets(name):
            met |= self.with_members(self.lead(target))
        unsure = unsure or any(what == "unreadable" for what, _ in met)
        outside: set[End] = {("chain", where) for what, where in met if what == "outside"}
        return outside | ({("chain", None)} if unsure else set())

    def with_members(self, ends: set[End]) -> set[End]:
        """Return these and all that the groups among them lead to, and the groups in those."""
        before: set[End] = set()
        while before != ends:
            before = ends
            ends = ends.union(*(self.members(name) for what, name in ends if what == "group"))
        return ends

    def members(self, name: Any) -> set[End]:
        group = next(one for one in self.tenant["groups"] if one["id"] == name)
        if group["members"] is None:
            return {("unreadable", None)}
        found: set[End] = set()
        for member in group["members"]:
            found |= self.entry(member, set())
        return found

    def entry(self, name: str, contacts: set[str]) -> set[End]:
        """Return what an entry of the address book leads to at once."""
        for user in self.tenant["users"]:
            if user["id"] == name:
                return self.account(user)
        for group in self.tenant["groups"]:
            if group["id"] == name:
                return {("group", name)}
        for contact in self.tenant["contacts"]:
            if contact["id"] == name:
                return self.lead(contact["externalEmailAddress"], contacts | {name})
        return {("unreadable", None)}

    def account(self, user: dict[str, Any]) -> set[End]:
        mail = spelt(user["mail"])[1].partition("@")[2]
        name = user["userPrincipalName"].lower()
        guest = user["userType"] == "Guest" or "#ext#" in name
        if mail in self.own and not guest:
            return {("user", user["id"])}
        if mail in self.partners and mail not in self.own:
            return set() if guest else {("user", user["id"])}
        if mail in self.own and "#ext#" in name:
            mail = name.split("#ext#")[0].split("_")[-1]
        return {("outside", mail)}

    def lead(self, address: Any, contacts: set[str] | None = None) -> set[End]:
        """Return what an address leads to at once."""
        contacts = contacts or set()
        form, key = spelt(address)
        if form == "nothing":
            return {("unreadable", None)}
        holders = self.holders(key)
        if not holders and form == "smtp" and "+" in key.split("@")[0]:
            holders = self.holders(key.split("+")[0] + "@" + key.split("@")[1])
        fresh = [name for name in holders if name not in contacts]
        if fresh:
            return set().union(*(self.entry(name, contacts) for name in fresh))
        if form == "x500":
            return {("unreadable", None)}
        domain = key.split("@")[1]
        if domain not in self.own:
            return set() if domain in self.partners else {("outside", domain)}
        relayed = self.own[domain] != "Authoritative"
        return {("unreadable", domain)} if holders or relayed else set()

    def holders(self, key: str) -> list[str]:
        entries = [*self.tenant["users"], *self.tenant["groups"], *self.tenant["contacts"]]
        found = [
            one["id"]
            for one in entries
            if key in [spelt(text)[1] for text in (one["mail"], *one["proxyAddresses"])]
        ]
        named = [one["id"] for one in self.tenant["users"] if spelt(one["userPrincipalName"])[1] == key]
        return found or named

    def ways_of(self, mailbox: dict[str, Any]) -> list[tuple[str, str | None, str, list[Any] | None]]:
        """Return kind, rule id, on/off/outranked and targets of each way; targets None: cannot be told."""
        ways: list[tuple[str, str | None, str, list[Any] | None]] = []
        left = list(mailbox.get("exchange_rules") or [])
        for rule in mailbox["rules"] or []:
            twins = [
                one
                for one in left
                if (one["Name"], one["Priority"]) == (rule["displayName"], rule["sequence"])
            ]
            targets = self.graph_targets(rule)
            on = rule["isEnabled"]
            if twins:
                left.remove(twins[0])
                on = on or twins[0]["Enabled"]
                targets = self.exchange_targets(twins[0]) if targets is None else targets
            ways.append(("rule", rule["id"], "on" if on else "off", targets))
        for rule in left:
            state = "on" if rule["Enabled"] else "off"
            ways.append(("hidden_rule", rule["RuleIdentity"], state, self.exchange_targets(rule)))
        whole = mailbox.get("mailbox") or {}
        state = "on"
        for key in ("ForwardingAddress", "ForwardingSmtpAddress"):
            if whole.get(key):
                ways.append(("mailbox_forwarding", None, state, [whole[key]]))
                state = "outranked"
        return ways

    @staticmethod
    def graph_targets(rule: dict[str, Any]) -> list[Any] | None:
        if rule["isReadOnly"]:
            return None
        actions = rule["actions"]
        lists = (actions.get(key) or [] for key in ("forwardTo", "redirectTo", "forwardAsAttachmentTo"))
        return [one["emailAddress"]["address"] for some in lists for one in some]

    @staticmethod
    def exchange_targets(rule: dict[str, Any]) -> list[Any]:
        lists = (rule.get(key) or [] for key in ("ForwardTo", "RedirectTo", "ForwardAsAttachmentTo"))
        return [one for some in lists for one in some]
