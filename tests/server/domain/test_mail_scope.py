"""Whose mailboxes are looked at, and which account each is."""

from dataclasses import replace

import pytest

from fakes.city import City, instant, policy
from fakes.follow_up import with_addresses
from tenure_policies.forwarding.tenant import User
from tenure_server.domain.account_step import AccountState, AccountStep, AccountVerb
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_scope import InScope, accounts, closed_mailboxes, in_scope

SPRING = instant("2029-03-01")


def user(name: str, address: str = "", *, proxies: tuple[str, ...] = ()) -> User:
    mail = address or f"{name}@kuntala.example"
    return User(id=f"id-{name}", user_principal_name=mail, mail=mail, proxy_addresses=proxies)


def scope(
    register: City, *users: User, at: str = "2029-03-01", closed: tuple[str, ...] = ()
) -> list[InScope]:
    facts = with_addresses(register).facts()
    gone = frozenset(PersonId(one) for one in closed)
    return list(in_scope(facts, policy(), gone, users, instant(at)))


def test_only_trustees_with_a_right_to_a_mailbox_are_looked_at() -> None:
    register = City().seat("aino", until="2029-05-31").seat("bert", "election", until="2029-05-31")
    found = scope(register, user("aino"), user("bert"), user("clerk"))
    assert [(one.person, one.user) for one in found] == [("aino", "id-aino")]


def test_a_deputy_of_a_committee_has_a_mailbox_to_look_at() -> None:
    register = City().seat("aino", "committee", "deputy", until="2029-05-31")
    assert [one.person for one in scope(register, user("aino"))] == ["aino"]


@pytest.mark.parametrize(
    ("at", "closed", "there", "looked_at"),
    [
        ("2029-05-31", (), True, True),
        ("2029-06-15", (), True, True),
        ("2029-06-15", (), False, False),
        ("2029-07-03", ("aino",), True, False),
        ("2029-05-31", (), False, True),
    ],
)
def test_a_mailbox_is_looked_at_until_it_is_closed(
    at: str, closed: tuple[str, ...], there: bool, looked_at: bool
) -> None:
    register = City().seat("aino", until="2029-05-31")
    users = [user("aino")] if there else []
    assert bool(scope(register, *users, at=at, closed=closed)) is looked_at


def test_a_suspended_trustees_mailbox_is_looked_at() -> None:
    register = City().seat("aino", until="2029-05-31", status="suspended")
    assert [one.person for one in scope(register, user("aino"))] == ["aino"]


def test_nobody_is_looked_at_before_the_term_begins() -> None:
    register = City().seat("aino", since="2029-06-01", until="2033-05-31")
    assert scope(register, user("aino")) == []


def test_where_mail_arrives_goes_before_a_user_name() -> None:
    renamed = replace(user("clerk", "clerk@kuntala.example"), user_principal_name="aino@kuntala.example")
    aino = user("maija", "maija@kuntala.example", proxies=("smtp:Aino@Kuntala.example", "X500:/o=x/cn=aino"))
    known = accounts([renamed, aino])
    assert known["aino@kuntala.example"] == "id-maija"
    assert "" not in known


@pytest.mark.parametrize("at", ["2029-03-01", "2029-06-15"])
def test_an_address_of_several_accounts_is_nobodys_and_is_told(at: str) -> None:
    register = City().seat("aino", until="2029-05-31")
    other = user("clerk", proxies=("smtp:AINO@kuntala.example",))
    for users in ([user("aino"), other], [other, user("aino")]):
        (found,) = scope(register, *users, at=at)
        assert (found.user, found.error) == ("", "several_accounts")


def test_an_account_that_names_its_address_twice_is_one_account() -> None:
    register = City().seat("aino", until="2029-05-31")
    (found,) = scope(register, user("aino", proxies=("SMTP:aino@kuntala.example",)))
    assert (found.user, found.error) == ("id-aino", "")


def test_nobody_without_a_readable_address_is_ok() -> None:
    register = City().seat("aino", until="2029-05-31").seat("bert", until="2029-05-31")
    with_addresses(register)
    register.people[PersonId("aino")] = replace(
        register.people[PersonId("aino")], email_city="not an address"
    )
    assert [(one.person, one.error) for one in scope(register)] == [
        ("aino", "no_address"),
        ("bert", "no_account"),
    ]


def test_a_staff_account_is_marked() -> None:
    register = City().seat("aino", until="2029-05-31", employee=True)
    assert [one.staff for one in scope(register, user("aino"))] == [True]


def test_a_mailbox_that_was_opened_again_is_not_closed() -> None:
    def step(number: int, verb: AccountVerb, state: AccountState = AccountState.DONE) -> AccountStep:
        return AccountStep(
            person=PersonId("aino"), number=number, verb=verb, due=SPRING, at=SPRING, rule="P20", state=state
        )

    closing, opening = AccountVerb.CLOSE_MAILBOX, AccountVerb.REOPEN_MAILBOX
    assert closed_mailboxes([step(1, closing, AccountState.DUE)]) == frozenset()
    assert closed_mailboxes([step(1, AccountVerb.BLOCK_SIGN_IN), step(2, closing)]) == {"aino"}
    assert closed_mailboxes([step(2, opening), step(1, closing)]) == frozenset()
