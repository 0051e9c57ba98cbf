import pytest

from tenure_policies.forwarding.address import read_address, read_reference
from tenure_policies.forwarding.resolve import Leads, Resolver
from tenure_policies.forwarding.tenant import AddressBook, Contact, Domain, DomainType, Group, User
from tenure_policies.forwarding.verdicts import Reason

BOOK = AddressBook(
    domains=(
        Domain(name="City.gov.", verified=True, email=True),
        Domain(name="relay.gov", verified=True, email=True, type=DomainType.EXTERNAL_RELAY),
        Domain(name="old.gov", verified=False, email=True),
    ),
    allowed_partner_domains=frozenset({"Partner.org"}),
    users=(
        User(id="clerk", user_principal_name="c1@city.gov", mail="clerk@city.gov"),
        User(id="rob", user_principal_name="rob_gmail.com#EXT#@city.gov", mail="rob@gmail.com"),
    ),
    groups=(
        Group(id="all", mail="all@city.gov", members=("clerk", "rob", "staff", "press", "ghost")),
        Group(id="staff", mail="staff@city.gov", members=None),
    ),
    contacts=(
        Contact(id="press", mail="press@city.gov", external_email_address="p@gmail.com"),
        Contact(id="desk", mail="desk@city.gov", external_email_address="press@city.gov"),
    ),
)


def leads(address: str, book: AddressBook = BOOK) -> Leads:
    return Resolver(book).leads(read_address(address))


@pytest.mark.parametrize(
    ("address", "reason", "outside", "domain"),
    [
        ("a@gmail.com", Reason.OUTSIDE_DOMAIN, True, "gmail.com"),
        ("a@old.gov", Reason.OUTSIDE_DOMAIN, True, "old.gov"),
        ("rob@gmail.com", Reason.GUEST, True, "gmail.com"),
        ("rob_gmail.com#EXT#@city.gov", Reason.GUEST, True, "gmail.com"),
        ("press@city.gov", Reason.OUTSIDE_CONTACT, True, "gmail.com"),
        ("desk@city.gov", Reason.OUTSIDE_CONTACT, True, "gmail.com"),
        ("a@relay.gov", Reason.RELAY_DOMAIN, False, "relay.gov"),
        ("/o=x/cn=nobody", Reason.UNRESOLVED_X500, False, None),
        ("a@b@city.gov", Reason.BAD_ADDRESS, False, "city.gov"),
        ("clerk", Reason.BAD_ADDRESS, False, None),
    ],
)
def test_an_end_that_is_not_inside_has_its_reason_and_domain(
    address: str, reason: Reason, outside: bool, domain: str | None
) -> None:
    found = leads(address)
    [outcome] = found.outcomes
    assert (outcome.reason, outcome.outside, outcome.domain) == (reason, outside, domain)
    assert (found.users, found.groups) == ((), ())


@pytest.mark.parametrize("address", ["nobody@city.gov", "a@partner.org", "a@PARTNER.ORG."])
def test_what_bounces_and_what_is_allowed_leads_nowhere(address: str) -> None:
    found = leads(address)
    assert (found.outcomes, found.users, found.groups) == ((), (), ())


@pytest.mark.parametrize("address", ["clerk@city.gov", "CLERK+x@city.gov", "c1@city.gov"])
def test_a_member_is_found_by_mail_tag_and_user_name(address: str) -> None:
    assert leads(address).users == ("clerk",)


def test_a_group_leads_to_every_member_at_once_and_to_the_groups_in_it() -> None:
    assert leads("all@city.gov").groups == ("all",)
    found = Resolver(BOOK).group_leads("all")
    assert (found.users, found.groups) == (("clerk",), ("staff",))
    assert {one.reason for one in found.outcomes} == {
        Reason.GUEST,
        Reason.OUTSIDE_CONTACT,
        Reason.GROUP_UNREADABLE,
    }


@pytest.mark.parametrize("group", ["staff", "nothing", "clerk"])
def test_a_group_that_cannot_be_read_is_unknown(group: str) -> None:
    [outcome] = Resolver(BOOK).group_leads(group).outcomes
    assert (outcome.reason, outcome.outside) == (Reason.GROUP_UNREADABLE, False)


def test_an_alias_counts_only_where_the_book_has_no_other_word() -> None:
    aliases = [("mayor", read_address("/o=x/cn=mayor")), ("mayor", read_address("clerk@city.gov"))]
    resolver = Resolver(BOOK, aliases)
    assert resolver.leads(read_address("EX:/o=x/cn=mayor")).users == ("mayor",)
    assert resolver.leads(read_address("clerk@city.gov")).users == ("clerk",)


def test_an_object_is_found_by_its_id_only_through_a_reference() -> None:
    assert Resolver(BOOK).leads(read_reference("clerk")).users == ("clerk",)
    assert Resolver(BOOK).leads(read_address("clerk")).users == ()
