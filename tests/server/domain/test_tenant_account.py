"""Which accounts are acted on, and which licences carry a mailbox."""

from datetime import UTC, datetime

import pytest

from tenure_server.domain.account_facts import AccountFacts, TakenLicence
from tenure_server.domain.account_step import AccountVerb
from tenure_server.domain.ids import PersonId
from tenure_server.domain.tenant_account import (
    ClosingWay,
    Licensing,
    TenantAccount,
    blocked_last,
    gives_mailbox,
    normalised,
    shared_address,
    why_not,
    why_not_close,
    why_not_licence,
)

ADDRESS = "aino@kuntala.example"
TAKING = [AccountVerb.BLOCK_SIGN_IN, AccountVerb.CLOSE_MAILBOX]
GIVING = [AccountVerb.UNBLOCK_SIGN_IN, AccountVerb.REOPEN_MAILBOX]


def account(**facts: object) -> TenantAccount:
    fields: dict[str, object] = {"id": "1", "addresses": frozenset({ADDRESS}), "enabled": True}
    return TenantAccount(**{**fields, **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize("way", ClosingWay)
@pytest.mark.parametrize("verb", AccountVerb)
def test_a_trustees_own_cloud_account_is_acted_on(verb: AccountVerb, way: ClosingWay) -> None:
    assert why_not(account(), ADDRESS, verb, way) is None


@pytest.mark.parametrize("verb", AccountVerb)
@pytest.mark.parametrize("found", [account(guest=True), account(addresses=frozenset({"bo@kuntala.example"}))])
def test_a_guest_or_another_address_is_never_touched(verb: AccountVerb, found: TenantAccount) -> None:
    assert why_not(found, ADDRESS, verb, ClosingWay.LICENCE) is not None


@pytest.mark.parametrize("role", [True, None])
def test_a_role_or_an_unknown_one_bars_taking_and_not_giving_back(role: bool | None) -> None:
    found = account(has_role=role)
    assert all(why_not(found, ADDRESS, verb, ClosingWay.LICENCE) is not None for verb in TAKING)
    assert all(why_not(found, ADDRESS, verb, ClosingWay.LICENCE) is None for verb in GIVING)


@pytest.mark.parametrize(
    ("verb", "way", "barred"),
    [
        (AccountVerb.BLOCK_SIGN_IN, ClosingWay.LICENCE, True),
        (AccountVerb.UNBLOCK_SIGN_IN, ClosingWay.LICENCE, True),
        (AccountVerb.CLOSE_MAILBOX, ClosingWay.LICENCE, False),
        (AccountVerb.REOPEN_MAILBOX, ClosingWay.LICENCE, False),
        (AccountVerb.CLOSE_MAILBOX, ClosingWay.USER, True),
    ],
)
def test_what_is_mastered_on_premises_is_changed_there(
    verb: AccountVerb, way: ClosingWay, barred: bool
) -> None:
    assert (why_not(account(synced=True), ADDRESS, verb, way) is not None) is barred


@pytest.mark.parametrize(
    ("plans", "gives"),
    [
        (["EXCHANGE_S_STANDARD"], True),
        (["EXCHANGE_S_ENTERPRISE", "TEAMS1"], True),
        (["EXCHANGE_S_DESKLESS"], True),
        (["EXCHANGE_S_FOUNDATION"], False),
        (["EXCHANGE_S_FOUNDATION_GOV", "AAD_PREMIUM"], False),
        (["EXCHANGE_ANALYTICS"], False),
        (["EXCHANGE_S_ARCHIVE_ADDON"], False),
        ([], False),
    ],
)
def test_a_plan_gives_a_mailbox_or_only_sounds_like_it(plans: list[str], gives: bool) -> None:
    assert gives_mailbox(plans) is gives


def test_a_licence_from_a_group_is_refused_with_the_group() -> None:
    direct = (TakenLicence(sku="a"),)
    assert why_not_licence(Licensing(direct=direct)) is None
    refused = why_not_licence(Licensing(direct=direct, groups={"b": "group-1", "c": "group-1"}))
    assert "group-1" in str(refused)
    assert str(refused).count("group-1") == 1


def test_two_people_share_an_address_only_if_both_have_it() -> None:
    aino, bo = PersonId("aino"), PersonId("bo")
    assert shared_address(ADDRESS, aino, {aino: ADDRESS, bo: ADDRESS})
    assert not shared_address(ADDRESS, aino, {aino: ADDRESS, bo: "bo@kuntala.example"})


@pytest.mark.parametrize(
    "text", [" Aino@KUNTALA.example ", "SMTP:aino@kuntala.example", "smtp:aino@Kuntala.example"]
)
def test_addresses_are_compared_without_case_spaces_and_prefix(text: str) -> None:
    assert normalised(text) == ADDRESS


class TestClosingOnlyWhatWasBlocked:
    AT = datetime(2029, 6, 1, tzinfo=UTC)

    def facts(self, user: str, **done: str) -> AccountFacts:
        return AccountFacts(person=PersonId("aino"), user=user, at=self.AT, **done)  # type: ignore[arg-type]

    def account(self, *, enabled: bool) -> TenantAccount:
        return TenantAccount(id="u1", addresses=frozenset(), enabled=enabled)

    def test_an_account_that_can_sign_in_is_left_to_people(self) -> None:
        ours = [self.facts("u1", blocked_by="aino/00001")]
        assert "can sign in" in str(why_not_close(self.account(enabled=True), ours))
        assert why_not_close(self.account(enabled=False), ours) is None

    def test_an_account_that_people_blocked_may_be_closed(self) -> None:
        assert why_not_close(self.account(enabled=False), []) is None

    def test_another_account_than_the_one_blocked_is_left_to_people(self) -> None:
        other = self.facts("u2", blocked_by="aino/00003")
        assert "Another account" in str(why_not_close(self.account(enabled=False), [other]))
        long_ago = self.facts("u1", revoked_for="aino/00001")
        assert "Another account" in str(why_not_close(self.account(enabled=False), [long_ago, other]))

    def test_an_older_account_of_the_same_person_bars_nothing(self) -> None:
        known = [self.facts("u2", blocked_by="aino/00001"), self.facts("u1", revoked_for="aino/00003")]
        assert blocked_last(known) == "u1"
        assert why_not_close(self.account(enabled=False), known) is None
