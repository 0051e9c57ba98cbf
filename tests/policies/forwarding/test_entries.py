import pytest

from tenure_policies.forwarding.address import read_address
from tenure_policies.forwarding.entries import (
    addresses_of,
    home_of_guest,
    is_guest,
    spellings,
    target_of,
    unpacked_from,
)
from tenure_policies.forwarding.tenant import Contact, User, UserType


def test_an_entry_answers_to_its_mail_and_its_other_addresses_and_to_no_sip_address() -> None:
    proxies = ("SMTP:Clerk@City.gov", "x500:/o=X/cn=clerk", "", "c@city.gov")
    clerk = User(id="1", user_principal_name="u@city.gov", mail="clerk@city.gov", proxy_addresses=proxies)
    assert {address.key for address in addresses_of(clerk)} == {
        "clerk@city.gov",
        "/o=x/cn=clerk",
        "c@city.gov",
    }


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("a@city.gov", ["a@city.gov"]),
        ("a+b+c@city.gov", ["a+b+c@city.gov", "a@city.gov"]),
        ("+b@city.gov", ["+b@city.gov"]),
        ("/o=x/cn=a+b", ["/o=x/cn=a+b"]),
        ("clerk", []),
    ],
)
def test_an_address_is_looked_up_whole_and_then_without_its_tag(address: str, keys: list[str]) -> None:
    assert list(spellings(read_address(address))) == keys


def test_a_contact_is_where_its_external_address_says_or_else_its_own() -> None:
    assert target_of(Contact(id="1", mail="a@x.org", external_email_address="SMTP:b@x.org")) == "SMTP:b@x.org"
    assert target_of(Contact(id="1", mail="a@x.org", external_email_address="  ")) == "a@x.org"
    assert target_of(Contact(id="1", proxy_addresses=("smtp:c@x.org",))) == "smtp:c@x.org"
    assert target_of(Contact(id="1")) == ""


def test_a_guest_is_known_by_type_or_by_user_name() -> None:
    assert is_guest(User(id="1", user_principal_name="a_x.org#EXT#@city.gov"))
    assert is_guest(User(id="1", user_principal_name="a@city.gov", user_type=UserType.GUEST))
    assert not is_guest(User(id="1", user_principal_name="a@city.gov"))


@pytest.mark.parametrize(
    ("local", "home"),
    [
        ("rob_gmail.com#ext#", "gmail.com"),
        ("rob_partner.org_gmail.com#ext#", "gmail.com"),
        ("rob#ext#", None),
        ("rob_gmail.com", None),
    ],
)
def test_the_home_of_a_guest_is_the_last_part_of_the_name(local: str, home: str | None) -> None:
    assert home_of_guest(local) == home


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("IMCEAEX-_o=X_cn=a+20b@city.gov", "/o=x/cn=a b"),
        ("imceasmtp-a+40b+2Eorg@city.gov", "a@b.org"),
        ("imceafax-1@city.gov", ""),
    ],
)
def test_what_exchange_packed_into_an_address_is_unpacked(address: str, key: str) -> None:
    unpacked = unpacked_from(read_address(address))
    assert unpacked is not None
    assert unpacked.key == key
    assert unpacked_from(read_address("a@city.gov")) is None
