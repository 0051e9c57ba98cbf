"""What Graph is asked for at the end of an account, in which order, and what is left to people."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.city import City
from fakes.follow_up import city_address, with_addresses
from fakes.graph_simulator import (
    FRONTLINE_SKU,
    MAIL_SKU,
    NO_MAIL_SKU,
    MailboxState,
    SimulatedTenant,
    SimulatedUser,
    running,
)
from fakes.tenant_accounts import ROLES, SENDER, changes, graph_into, tenant_with
from fakes.town import Town, town
from tenure_server.adapters.graph.accounts import GraphAccounts
from tenure_server.adapters.graph.people import GraphPeople
from tenure_server.domain.account_facts import ACCOUNT_FACTS, AccountFacts
from tenure_server.domain.account_step import (
    ACCOUNT_STEPS,
    AccountState,
    AccountStep,
    AccountVerb,
    DirectoryAnswer,
    advance,
)
from tenure_server.domain.errors import ConflictError, RefusedError, UnavailableError
from tenure_server.domain.ids import PersonId
from tenure_server.domain.tenant_account import ClosingWay
from tenure_server.usecases.tenant_copy import refresh_copy

AINO = PersonId("aino")
BLOCK, UNBLOCK = AccountVerb.BLOCK_SIGN_IN, AccountVerb.UNBLOCK_SIGN_IN
CLOSE, REOPEN = AccountVerb.CLOSE_MAILBOX, AccountVerb.REOPEN_MAILBOX


@dataclass(slots=True)
class Here:
    """A town whose accounts are in the simulated tenant."""

    town: Town
    tenant: SimulatedTenant
    accounts: GraphAccounts
    graph: object
    number: int = 0

    @property
    def aino(self) -> SimulatedUser:
        return self.tenant.user(city_address("aino"))

    async def step(self, verb: AccountVerb) -> AccountStep:
        self.number += 1
        now = self.town.now
        step = AccountStep(person=AINO, number=self.number, verb=verb, due=now, at=now, rule="P20")
        async with self.town.store.writing() as tx:
            await tx.records.add(ACCOUNT_STEPS, step)
        if verb is CLOSE:
            self.aino.account_enabled = False  # what is closed was blocked, by us or by people
        return step

    async def do(
        self, step: AccountStep, way: ClosingWay | None = None, email: str | None = None
    ) -> DirectoryAnswer:
        async with self.town.store.reading() as tx:
            person = (await tx.register.facts()).people[AINO]
        if email is not None:
            person = replace(person, email_city=email)
        accounts = self.accounts
        if way is not None:
            accounts = GraphAccounts(self.graph, self.town.store, self.town.clock, way)  # type: ignore[arg-type]
        return await getattr(accounts, step.verb.value)(person, step)  # type: ignore[no-any-return]

    async def ask(
        self, verb: AccountVerb, way: ClosingWay | None = None, email: str | None = None
    ) -> DirectoryAnswer:
        return await self.do(await self.step(verb), way, email)

    async def facts(self) -> list[AccountFacts]:
        async with self.town.store.reading() as tx:
            return list(await tx.records.all(ACCOUNT_FACTS))


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    tenant = tenant_with("aino")
    async with (
        town(tmp_path) as place,
        running(tenant) as simulator,
        graph_into(simulator, tmp_path) as graph,
    ):
        await place.know(with_addresses(City().seat("aino", until="2029-05-31")))
        yield Here(place, tenant, GraphAccounts(graph, place.store, place.clock, ClosingWay.LICENCE), graph)


class TestBlocking:
    async def test_sign_in_goes_first_then_sessions_then_what_leads_outside(self, here: Here) -> None:
        rule = here.tenant.add_forward(here.aino, "aino@gmail.example")
        answer = await here.ask(BLOCK)
        assert changes(here.tenant) == [
            "PATCH users accountEnabled=False",
            "POST users revokeSignInSessions",
            "PATCH users mailFolders inbox messageRules isEnabled=False",
        ]
        assert answer == DirectoryAnswer(done=True, reference=here.aino.id)
        assert here.aino.rules[rule]["actions"]["forwardTo"], "switched off, not deleted"
        (facts,) = await here.facts()
        assert [(one.rule, one.target_domains) for one in facts.cleared] == [(rule, ("gmail.example",))]

    async def test_rules_that_stay_inside_or_are_off_are_left_as_they_are(self, here: Here) -> None:
        await refresh_copy(here.town.store, here.town.clock, GraphPeople(here.graph))  # type: ignore[arg-type]
        here.tenant.add_forward(here.aino, "tenure@kuntala.example")
        here.tenant.add_forward(here.aino, "aino@gmail.example", isEnabled=False)
        answer = await here.ask(BLOCK)
        assert answer.left is None
        assert changes(here.tenant) == ["PATCH users accountEnabled=False", "POST users revokeSignInSessions"]

    async def test_a_rule_that_leads_to_a_group_with_somebody_outside_is_switched_off(
        self, here: Here
    ) -> None:
        guest = here.tenant.add_user(
            "g_home.example#EXT#@kuntala.example", mail="g@home.example", user_type="Guest"
        )
        inside = here.tenant.add_group("Inside", here.tenant.user(SENDER).id, mail="inside@kuntala.example")
        outside = here.tenant.add_group("Mixed", inside.id, guest.id, mail="mixed@kuntala.example")
        await refresh_copy(here.town.store, here.town.clock, GraphPeople(here.graph))  # type: ignore[arg-type]
        stays = here.tenant.add_forward(here.aino, "inside@kuntala.example")
        goes = here.tenant.add_forward(here.aino, str(outside.mail))
        answer = await here.ask(BLOCK)
        assert answer.left is None
        assert {rule: here.aino.rules[rule]["isEnabled"] for rule in (stays, goes)} == {
            stays: True,
            goes: False,
        }

    async def test_without_a_copy_of_the_directory_an_address_of_the_citys_is_for_people(
        self, here: Here
    ) -> None:
        here.tenant.add_contact("Home", mail="home@kuntala.example", proxy_addresses=["smtp:h@gmail.example"])
        here.tenant.add_forward(here.aino, "home@kuntala.example")
        assert "could not be seen: 1" in str((await here.ask(BLOCK)).left)

    async def test_a_contact_that_leads_nobody_knows_where_is_for_people(self, here: Here) -> None:
        here.tenant.add_contact("Home", mail="home@kuntala.example")
        await refresh_copy(here.town.store, here.town.clock, GraphPeople(here.graph))  # type: ignore[arg-type]
        here.tenant.add_forward(here.aino, "home@kuntala.example")
        assert "could not be seen: 1" in str((await here.ask(BLOCK)).left)

    async def test_a_rule_that_cannot_be_seen_is_for_people_and_the_block_counts(self, here: Here) -> None:
        here.tenant.add_rule(here.aino, isReadOnly=True)
        answer = await here.ask(BLOCK)
        assert answer.done
        assert answer.left is not None
        assert "could not be seen: 1" in str(answer.left)
        assert not here.aino.account_enabled

    async def test_a_mailbox_that_cannot_be_read_is_for_people(self, here: Here) -> None:
        here.aino.mailbox = MailboxState.INACTIVE
        answer = await here.ask(BLOCK)
        assert answer.done
        assert "MailboxNotEnabledForRESTAPI" in str(answer.left)

    async def test_an_account_without_a_mailbox_forwards_nothing(self, here: Here) -> None:
        here.aino.licences.clear()
        answer = await here.ask(BLOCK)
        assert (answer.done, answer.left) == (True, None)

    async def test_a_missing_permission_for_rules_is_for_people(self, here: Here) -> None:
        here.tenant.apps[next(iter(here.tenant.apps))].roles.discard("MailboxSettings.ReadWrite")
        answer = await here.ask(BLOCK)
        assert answer.done
        assert "ErrorAccessDenied" in str(answer.left)

    async def test_an_account_that_was_disabled_before_is_not_ours_to_enable(self, here: Here) -> None:
        here.aino.account_enabled = False
        await here.ask(BLOCK)
        assert changes(here.tenant) == ["POST users revokeSignInSessions"]
        with pytest.raises(RefusedError, match="Somebody else disabled"):
            await here.ask(UNBLOCK)
        assert not here.aino.account_enabled

    async def test_an_account_that_is_enabled_again_by_somebody_needs_nothing(self, here: Here) -> None:
        await here.ask(BLOCK)
        here.tenant.change_user(here.aino.id, account_enabled=True)
        before = len(changes(here.tenant))
        assert (await here.ask(UNBLOCK)).done
        assert len(changes(here.tenant)) == before
        assert [one.blocked_by for one in await here.facts()] == [""]

    async def test_an_address_is_found_whatever_its_case_and_by_its_alias(self, here: Here) -> None:
        here.tenant.change_user(
            here.aino.id, proxy_addresses=["SMTP:other@kuntala.example", "smtp:alias@kuntala.example"]
        )
        await here.ask(BLOCK, email="ALIAS@Kuntala.Example")
        assert not here.aino.account_enabled

    async def test_a_quote_in_an_address_asks_for_that_address(self, here: Here) -> None:
        here.tenant.add_user("o'hara@kuntala.example")
        await here.ask(BLOCK, email="o'hara@kuntala.example")
        assert not here.tenant.user("o'hara@kuntala.example").account_enabled
        assert here.aino.account_enabled


class TestWhatIsLeftToPeople:
    async def refused(
        self,
        here: Here,
        verb: AccountVerb,
        match: str,
        way: ClosingWay | None = None,
        email: str | None = None,
    ) -> None:
        with pytest.raises(RefusedError, match=match):
            await here.ask(verb, way, email)
        assert changes(here.tenant) == []
        assert not any(one.is_open for one in await here.facts())

    @pytest.mark.parametrize("verb", [BLOCK, CLOSE])
    async def test_a_role_holder(self, here: Here, verb: AccountVerb) -> None:
        here.aino.directory_roles.append("Helpdesk Administrator")
        await self.refused(here, verb, "directory role")

    @pytest.mark.parametrize("verb", [BLOCK, CLOSE])
    async def test_whoever_may_hold_a_role(self, here: Here, verb: AccountVerb) -> None:
        here.tenant.apps[next(iter(here.tenant.apps))].roles.discard("GroupMember.Read.All")
        await self.refused(here, verb, "could not be read")

    @pytest.mark.parametrize("verb", [BLOCK, CLOSE])
    async def test_a_guest(self, here: Here, verb: AccountVerb) -> None:
        here.aino.user_type = "Guest"
        await self.refused(here, verb, "guest")

    async def test_an_account_kept_on_premises(self, here: Here) -> None:
        here.aino.on_premises_sync = True
        await self.refused(here, BLOCK, "on premises")
        await self.refused(here, CLOSE, "on premises", ClosingWay.USER)

    async def test_a_licence_is_the_tenants_own_matter_even_of_a_synced_account(self, here: Here) -> None:
        here.aino.on_premises_sync = True
        assert (await here.ask(CLOSE)).done
        assert here.aino.licences == {}

    async def test_an_address_of_two_accounts(self, here: Here) -> None:
        here.tenant.add_user("double@kuntala.example", proxy_addresses=[f"smtp:{city_address('aino')}"])
        await self.refused(here, BLOCK, "Several accounts")

    async def test_an_address_of_two_people(self, here: Here) -> None:
        city = with_addresses(City().seat("aino", until="2029-05-31").seat("bo", until="2029-05-31"))
        bo = PersonId("bo")
        city.people[bo] = replace(city.people[bo], email_city=city_address("aino").upper())
        await here.town.know(city)
        await self.refused(here, BLOCK, "Two people")

    async def test_somebody_without_an_address(self, here: Here) -> None:
        await self.refused(here, BLOCK, "no address", email="")

    async def test_an_address_that_is_not_of_this_tenant(self, here: Here) -> None:
        await self.refused(here, BLOCK, "elsewhere.example", email="aino@elsewhere.example")

    async def test_a_licence_that_comes_from_a_group_is_named_with_it(self, here: Here) -> None:
        group = here.tenant.add_group("Licences", here.aino.id)
        here.aino.licences[MAIL_SKU] = {None, group.id}
        await self.refused(here, CLOSE, group.id)

    async def test_a_shared_mailbox_is_exchanges(self, here: Here) -> None:
        await self.refused(here, CLOSE, "Exchange", ClosingWay.SHARED)


async def test_an_address_that_nobody_has_needs_nothing_and_says_so(here: Here) -> None:
    answer = await here.ask(BLOCK, email="nobody@kuntala.example")
    assert answer.done
    assert "no account" in str(answer.remark)
    assert changes(here.tenant) == []


class TestClosing:
    async def test_only_licences_that_give_a_mailbox_are_taken_and_given_back(self, here: Here) -> None:
        here.aino.licences = {MAIL_SKU: {None}, FRONTLINE_SKU: {None}, NO_MAIL_SKU: {None}}
        await here.ask(CLOSE)
        assert here.aino.licences == {NO_MAIL_SKU: {None}}
        await here.ask(REOPEN)
        assert set(here.aino.licences) == {MAIL_SKU, FRONTLINE_SKU, NO_MAIL_SKU}
        assert changes(here.tenant) == ["POST users assignLicense"] * 2

    async def test_what_people_assigned_again_meanwhile_is_left_alone(self, here: Here) -> None:
        await here.ask(CLOSE)
        here.tenant.change_user(here.aino.id, licences={MAIL_SKU: {None}})
        await here.ask(REOPEN)
        assert changes(here.tenant) == ["POST users assignLicense"]

    async def test_what_people_closed_people_reopen(self, here: Here) -> None:
        here.aino.licences.clear()
        with pytest.raises(RefusedError, match="not taken by us"):
            await here.ask(REOPEN)

    async def test_a_mailbox_that_was_never_closed_is_open(self, here: Here) -> None:
        assert (await here.ask(REOPEN)).done
        assert changes(here.tenant) == []

    async def test_a_removed_account_is_restored_before_it_is_enabled(self, here: Here) -> None:
        user = here.aino.id
        await here.ask(BLOCK)
        await here.ask(CLOSE, ClosingWay.USER)
        assert user in here.tenant.deleted_users
        await here.ask(UNBLOCK, ClosingWay.USER)
        await here.ask(REOPEN, ClosingWay.USER)
        assert here.aino.id == user
        assert here.aino.account_enabled
        assert changes(here.tenant)[2:] == [
            "DELETE users",
            "POST directory deletedItems restore",
            "PATCH users accountEnabled=True",
        ]

    async def test_an_account_that_is_gone_for_good_is_for_people(self, here: Here) -> None:
        await here.ask(CLOSE, ClosingWay.USER)
        here.tenant.deleted_users.clear()
        with pytest.raises(RefusedError, match="30 days"):
            await here.ask(REOPEN, ClosingWay.USER)

    async def test_it_is_reopened_in_the_way_it_was_closed_though_the_city_chose_another(
        self, here: Here
    ) -> None:
        await here.ask(CLOSE, ClosingWay.USER)
        await here.ask(REOPEN, ClosingWay.LICENCE)
        assert here.aino.licences == {MAIL_SKU: {None}}


class TestAddressesThatChangeHands:
    """Between the end of a right and the closing lies a month, in which people do things, too."""

    def rename(self, here: Here) -> None:
        """Give the account another name and address, so that its old address is free."""
        name = "old@kuntala.example"
        here.tenant.change_user(
            here.aino.id, user_principal_name=name, mail=name, proxy_addresses=[f"SMTP:{name}"]
        )

    @pytest.mark.parametrize("way", [ClosingWay.LICENCE, ClosingWay.USER])
    async def test_somebody_new_who_was_given_the_address_keeps_the_account(
        self, here: Here, way: ClosingWay
    ) -> None:
        await here.ask(BLOCK)
        step = await here.step(CLOSE)
        self.rename(here)
        heir = here.tenant.add_user(city_address("aino"))
        with pytest.raises(RefusedError, match="can sign in"):
            await here.do(step, way)
        assert here.aino is heir
        assert heir.licences

    async def test_a_colleague_who_was_given_the_address_as_an_alias_keeps_the_mailbox(
        self, here: Here
    ) -> None:
        await here.ask(BLOCK)
        step = await here.step(CLOSE)
        self.rename(here)
        heir = here.tenant.add_user("heir@kuntala.example", proxy_addresses=[f"smtp:{city_address('aino')}"])
        before = len(changes(here.tenant))
        with pytest.raises(RefusedError, match="can sign in"):
            await here.do(step)
        heir.account_enabled = False  # and were it on leave: it is not the one that was blocked
        with pytest.raises(RefusedError, match="Another account was blocked"):
            await here.do(step)
        assert len(changes(here.tenant)) == before
        assert heir.licences

    async def test_an_account_that_somebody_enabled_again_is_not_closed(self, here: Here) -> None:
        await here.ask(BLOCK)
        step = await here.step(CLOSE)
        here.aino.account_enabled = True
        with pytest.raises(RefusedError, match="can sign in"):
            await here.do(step, ClosingWay.USER)
        assert not here.tenant.deleted_users

    async def test_somebody_elected_again_whose_address_went_to_another_is_not_forgotten(
        self, here: Here
    ) -> None:
        await here.ask(BLOCK)
        leaver = here.aino
        self.rename(here)
        here.tenant.add_user(city_address("aino"))
        with pytest.raises(RefusedError, match="Another account was blocked"):
            await here.ask(UNBLOCK)
        assert not leaver.account_enabled
        here.tenant.remove_user(leaver.user_principal_name)
        assert (await here.ask(UNBLOCK)).done, "who got a new account has nothing to be given back"

    async def test_an_account_that_was_renamed_is_closed_by_its_new_address(self, here: Here) -> None:
        await here.ask(BLOCK)
        user = here.aino
        step = await here.step(CLOSE)
        self.rename(here)
        assert (await here.do(step, email=user.user_principal_name)).done
        assert user.licences == {}


class TestTrouble:
    async def test_a_licence_that_somebody_assigned_between_two_attempts_is_not_taken(
        self, here: Here
    ) -> None:
        here.tenant.quirks.cut_next(method="POST", path="*assignLicense", after_acting=True)
        step = await here.step(CLOSE)
        with pytest.raises(UnavailableError):
            await here.do(step)
        here.tenant.change_user(here.aino.id, licences={FRONTLINE_SKU: {None}})
        with pytest.raises(RefusedError, match="was assigned while"):
            await here.do(step)
        assert here.aino.licences == {FRONTLINE_SKU: {None}}

    @pytest.mark.parametrize(
        ("verb", "method", "path"), [(BLOCK, "PATCH", "/users/*"), (CLOSE, "POST", "*assignLicense")]
    )
    async def test_a_second_attempt_takes_nothing_once_the_step_is_over(
        self, here: Here, verb: AccountVerb, method: str, path: str
    ) -> None:
        here.tenant.quirks.fail_next(status=503, method=method, path=path)
        step = await here.step(verb)
        with pytest.raises(UnavailableError):
            await here.do(step)
        tried = changes(here.tenant)
        async with here.town.store.writing() as tx:
            over = advance(step, AccountState.DONE, done_at=here.town.now)
            await tx.records.replace(ACCOUNT_STEPS, step, over)
        with pytest.raises(ConflictError):
            await here.do(step)
        assert changes(here.tenant) == tried

    async def test_a_tenant_that_does_not_answer_is_asked_again(self, here: Here) -> None:
        here.tenant.quirks.fail_next(status=503, path="/users")
        step = await here.step(BLOCK)
        with pytest.raises(UnavailableError):
            await here.do(step)
        assert (await here.do(step)).done

    async def test_a_key_that_is_not_taken_any_more_gives_up_nobodys_step(self, here: Here) -> None:
        app = here.tenant.apps[next(iter(here.tenant.apps))]
        secret = dict(app.secrets)
        app.secrets.clear()
        step = await here.step(BLOCK)
        with pytest.raises(UnavailableError):
            await here.do(step)
        app.secrets.update(secret)
        assert (await here.do(step)).done

    async def test_a_removal_whose_answer_was_lost_is_not_asked_for_twice(self, here: Here) -> None:
        here.tenant.quirks.cut_next(method="DELETE", after_acting=True)
        step = await here.step(CLOSE)
        with pytest.raises(UnavailableError):
            await here.do(step, ClosingWay.USER)
        assert (await here.do(step, ClosingWay.USER)).done
        assert changes(here.tenant) == ["DELETE users"]

    async def test_a_licence_whose_removal_was_not_answered_is_not_taken_twice(self, here: Here) -> None:
        here.tenant.quirks.cut_next(method="POST", path="*assignLicense", after_acting=True)
        step = await here.step(CLOSE)
        with pytest.raises(UnavailableError):
            await here.do(step)
        assert (await here.do(step)).done
        assert changes(here.tenant) == ["POST users assignLicense"]
        await here.ask(REOPEN)
        assert here.aino.licences == {MAIL_SKU: {None}}

    async def test_a_block_that_the_tenant_forbids_is_nothing_that_we_did(self, here: Here) -> None:
        here.tenant.quirks.fail_next(status=403, code="Authorization_RequestDenied", method="PATCH")
        with pytest.raises(RefusedError, match="Authorization_RequestDenied"):
            await here.ask(BLOCK)
        assert [one.blocked_by for one in await here.facts()] == [""]

    @pytest.mark.parametrize("verb", [BLOCK, CLOSE])
    async def test_nothing_is_taken_once_the_step_is_over(self, here: Here, verb: AccountVerb) -> None:
        step = await here.step(verb)
        async with here.town.store.writing() as tx:
            over = advance(step, AccountState.DONE, done_at=here.town.now + timedelta(hours=1))
            await tx.records.replace(ACCOUNT_STEPS, step, over)
        with pytest.raises(ConflictError):
            await here.do(step)
        assert changes(here.tenant) == []

    async def test_every_permission_it_uses_is_one_that_it_asks_for(self, here: Here) -> None:
        assert here.tenant.apps[next(iter(here.tenant.apps))].roles == set(ROLES)
        here.tenant.add_forward(here.aino, "aino@gmail.example")
        for verb in (BLOCK, CLOSE, UNBLOCK, REOPEN):
            assert (await here.ask(verb)).done
