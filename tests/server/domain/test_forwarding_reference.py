"""The judge and a slow one that shares no code with it agree on invented tenants; planted faults are seen."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from fakes.judged_snapshots import judged
from fakes.reference_judge import ReferenceJudge
from fakes.wild_tenants import tenants
from tenure_policies.forwarding import judge, resolve, rules, ways_out
from tenure_policies.forwarding.address import Address

Tenant = dict[str, Any]
Said = list[tuple[str, str, set[tuple[Any, ...]]]]


def said(tenant: Tenant) -> Said:
    keys = ("kind", "rule_id", "target_domain", "active")
    return [
        (one["user"], one["verdict"], {tuple(each[key] for key in keys) for each in one["findings"]})
        for one in judged(tenant)["mailboxes"]
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tenants())
def test_the_judge_says_what_the_slow_reference_says(tenant: Tenant) -> None:
    assert said(tenant) == ReferenceJudge(tenant).judged()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tenants())
def test_no_rule_has_two_findings_for_one_domain(tenant: Tenant) -> None:
    for one in judged(tenant)["mailboxes"]:
        pairs = [(each["rule_id"], each["target_domain"]) for each in one["findings"] if each["rule_id"]]
        assert len(pairs) == len(set(pairs))


@pytest.fixture(scope="module")
def known() -> list[tuple[Tenant, Said]]:
    """Tenants with the answers of the reference, the same in every run."""
    collected: list[Tenant] = []

    @seed(20261122)
    @settings(
        max_examples=250,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(tenants())
    def collect(tenant: Tenant) -> None:
        collected.append(tenant)

    collect()
    return [(tenant, ReferenceJudge(tenant).judged()) for tenant in collected]


def tag_first(address: Address) -> Iterator[str]:
    local, _, _ = address.local.partition("+")
    yield f"{local}@{address.domain}" if address.local else address.key


def suffixes(self: resolve.Resolver, address: Address, **facts: bool) -> Any:
    for own in self.own_domains:
        if address.domain is not None and address.domain.endswith(own):
            address = replace(address, domain=own)
    return BY_DOMAIN(self, address, **facts)


def without_twins(shown: list[Any], exchange: list[Any]) -> tuple[list[Any], list[Any]]:
    return shown, exchange


def only_twins(shown: list[Any], exchange: list[Any]) -> tuple[list[Any], list[Any]]:
    return PAIRED(shown, exchange)[0], []


def always_on(rule: object) -> Any:
    return replace(GRAPH_RULE(rule), active=True)


def first_recipient_only(value: object) -> Any:
    found = GRAPH_RECIPIENTS(value)
    return None if found is None else found[:1]


def both_in_force(mailbox: object) -> Iterator[Any]:
    return (replace(way, active=True, outranked=False) for way in MAILBOX_WAYS(mailbox))


def readable(mailbox: Any) -> Any:
    return replace(WAYS_OUT(mailbox), unreadable=False)


def no_chains(self: Any) -> None:
    self._fresh.clear()


def own_ends_too(tenant: Any, owner: str, leads: Any) -> Iterator[Any]:
    for node in judge._nodes(leads):
        yield from (end.outcome for end in tenant.ends(node))


def known_members_only(self: resolve.Resolver, group_id: str) -> Any:
    leads = GROUP_LEADS(self, group_id)
    return replace(leads, outcomes=tuple(one for one in leads.outcomes if one.outside))


def never_relayed(self: Any, *args: Any, **facts: bool) -> None:
    return None


def by_its_mail(contact: Any) -> str:
    return str(contact.mail)


def by_user_type(user: Any) -> bool:
    return bool(user.user_type == "Guest")


BY_DOMAIN = resolve.Resolver._by_domain
PAIRED = ways_out._paired
GRAPH_RULE = rules.graph_rule
GRAPH_RECIPIENTS = rules._graph_recipients
MAILBOX_WAYS = ways_out._mailbox_ways
WAYS_OUT = ways_out.ways_out
GROUP_LEADS = resolve.Resolver.group_leads
FAULTS: dict[str, tuple[object, str, object]] = {
    "a tag is stripped before the address is looked up": (resolve, "spellings", tag_first),
    "a domain that ends like the city's is the city's": (resolve.Resolver, "_by_domain", suffixes),
    "twins are judged twice": (ways_out, "_paired", without_twins),
    "hidden rules are not judged": (ways_out, "_paired", only_twins),
    "a rule that is off counts": (ways_out, "graph_rule", always_on),
    "only the first recipient counts": (rules, "_graph_recipients", first_recipient_only),
    "both forwarding addresses are in force": (ways_out, "_mailbox_ways", both_in_force),
    "an unreadable mailbox is ok": (judge, "ways_out", readable),
    "chains are not followed": (judge._Tenant, "_carry_back", no_chains),
    "what comes back to the owner is a chain": (judge, "_beyond", own_ends_too),
    "members that are not known do not count": (resolve.Resolver, "group_leads", known_members_only),
    "relayed domains are ok": (resolve.Resolver, "_unresolved", never_relayed),
    "a contact is where its own address is": (resolve, "target_of", by_its_mail),
    "a guest by name only is a member": (resolve, "is_guest", by_user_type),
    "one mailbox by which mail leaves is enough": (judge, "_ENOUGH", 1),
}


def test_without_a_fault_all_known_tenants_are_judged_alike(known: list[tuple[Tenant, Said]]) -> None:
    assert all(said(tenant) == answer for tenant, answer in known)
    verdicts = {verdict for _, answer in known for _, verdict, _ in answer}
    kinds = {finding[0] for _, answer in known for _, _, findings in answer for finding in findings}
    assert len(verdicts) == 3
    assert len(kinds) == 7


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(
    fault: str, known: list[tuple[Tenant, Said]], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, name, faulty = FAULTS[fault]
    monkeypatch.setattr(place, name, faulty)
    assert any(said(tenant) != answer for tenant, answer in known), fault
