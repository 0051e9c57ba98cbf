"""The end of a trustee's account through Graph; see `usecases.ports.outside.Directory`.

Level-triggered: each verb looks at the account first and does only what is missing, so asking again does no
harm. What is needed to give back is recorded before it is taken (`domain.account_facts`).

1. Block: `accountEnabled` false, then the sessions, then the rules that lead outside; blocking counts even
   where the rules cannot be seen, and people are asked about those.
2. Unblock: only what we blocked.
3. Close, by the city's way: the mailbox's licences, or the account; a shared mailbox needs Exchange. Only of
   an account that is blocked, and not of another than we blocked: addresses change hands.
4. Reopen: what was taken is assigned again, or the account is restored for 30 days.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from tenure_server.adapters.graph.account_reading import AccountReader, user_path
from tenure_server.adapters.graph.account_records import AccountRecords
from tenure_server.adapters.graph.account_rules import NO_REST, LeaversRules
from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.errors import GraphRefusedError, SignInRefusedError
from tenure_server.adapters.graph.people import GraphPeople
from tenure_server.domain.account_facts import AccountFacts, opened_again, with_cleared
from tenure_server.domain.account_step import (
    AccountStep,
    AccountVerb,
    DirectoryAnswer,
)
from tenure_server.domain.errors import RefusedError, UnavailableError
from tenure_server.domain.mail import is_address
from tenure_server.domain.mandate import Person
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.tenant_account import (
    BLOCKED_ANOTHER,
    ClosingWay,
    TenantAccount,
    blocked_last,
    normalised,
    shared_address,
    why_not,
    why_not_close,
    why_not_licence,
)
from tenure_server.usecases.ports import Clock, Store

_FORBIDDEN, _NOT_FOUND = 403, 404
_NO_ACCOUNT = N_("The tenant has no account with this address.")
_GIVING_BACK = (AccountVerb.UNBLOCK_SIGN_IN, AccountVerb.REOPEN_MAILBOX)


class GraphAccounts:
    """Acts on the tenant's accounts."""

    def __init__(self, client: GraphClient, store: Store, clock: Clock, way: ClosingWay) -> None:
        self._client = client
        self._store = store
        self._way = way
        self._records = AccountRecords(store, clock)
        self._reader = AccountReader(client)
        self._people = GraphPeople(client)
        self._rules = LeaversRules(client, store)

    async def mailboxes(self) -> frozenset[str] | None:
        """Return None: each account is looked at when its turn comes."""
        return None

    async def block_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Block sign-in, end the sessions, and switch off what sends mail outside."""
        async with _speaking():
            account = await self._account(person, step)
            if account is None:
                return DirectoryAnswer(done=True, remark=say(_NO_ACCOUNT))
            facts = await self._records.facts(person, account.id)
            if account.enabled:
                facts = await self._disable(facts, step)
            facts = await self._end_sessions(facts, step, account)
            left = await self._clear_rules(facts, step)
            return DirectoryAnswer(done=True, reference=account.id, left=left)

    async def unblock_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Enable an account that we disabled."""
        async with _speaking():
            closed = await self._records.closed(person)
            if closed is not None and closed.way == ClosingWay.USER:
                await self._restore(closed, step)
            account = await self._account(person, step)
            if account is None:
                raise RefusedError(say(_NO_ACCOUNT))
            await self._check_blocked(person, account)
            facts = await self._records.facts(person, account.id)
            if not account.enabled:
                if not facts.blocked_by:
                    raise RefusedError(
                        say(N_("Somebody else disabled the account: find out why before it is enabled."))
                    )
                await self._records.must_be_due(step)
                await self._change("PATCH", user_path(account.id), {"accountEnabled": True})
            await self._records.note(facts, replace(facts, blocked_by=""))
            return DirectoryAnswer(done=True, reference=account.id)

    async def close_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Close a mailbox by the city's way."""
        if self._way is ClosingWay.SHARED:
            raise RefusedError(
                say(N_("Graph cannot make a mailbox a shared one: do it in Exchange, then note it as done."))
            )
        async with _speaking():
            begun = await self._records.closed(person, step)
            if (
                begun is not None
                and self._way is ClosingWay.USER
                and not await self._reader.exists(begun.user)
            ):
                return DirectoryAnswer(done=True, reference=begun.user)
            account = await self._account(person, step)
            if account is None:
                return DirectoryAnswer(done=True, remark=say(_NO_ACCOUNT))
            why = why_not_close(account, await self._records.of(person))
            if why is not None:
                raise RefusedError(why)
            facts = await self._records.facts(person, account.id)
            if self._way is ClosingWay.LICENCE:
                return await self._take_licences(facts, step)
            await self._records.note_closing(facts, step, self._way)
            await self._change("DELETE", user_path(account.id), gone_is_fine=True)
            return DirectoryAnswer(done=True, reference=account.id)

    async def reopen_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Open a mailbox again: assign what was taken, or restore the account."""
        async with _speaking():
            closed = await self._records.closed(person)
            if closed is None:
                return await self._never_closed(person, step)
            if closed.way == ClosingWay.USER:
                await self._restore(closed, step)
                return DirectoryAnswer(done=True, reference=closed.user)
            if not await self._reader.exists(closed.user):
                raise RefusedError(say(_NO_ACCOUNT))
            here = await self._reader.licensing(closed.user)
            has = {one.sku for one in here.direct} | set(here.groups or {})
            missing = [one for one in closed.licences if one.sku not in has]
            if missing:
                await self._records.must_be_due(step)
                added = [{"skuId": one.sku, "disabledPlans": list(one.disabled_plans)} for one in missing]
                await self._assign(closed.user, add=added, remove=[])
            await self._records.note(closed, opened_again(closed))
            return DirectoryAnswer(done=True, reference=closed.user)

    # -- parts -------------------------------------------------------------------------------------------

    async def _account(self, person: Person, step: AccountStep) -> TenantAccount | None:
        """Return the person's account; None if the tenant certainly has none.

        Raises:
            RefusedError: It is not certainly theirs, or not for us to touch.
        """
        address = normalised(person.email_city)
        if not is_address(address):
            raise RefusedError(say(N_("The register has no address of the city's for this person.")))
        async with self._store.reading() as tx:
            people = (await tx.register.facts()).people
        known = {one.id: normalised(one.email_city) for one in people.values()}
        if shared_address(address, person.id, known):
            raise RefusedError(say(N_("Two people in the register have this address: find out whose it is.")))
        account = await self._reader.by_address(address)
        if account is None:
            await self._check_domain(address)
            return None
        if step.verb not in _GIVING_BACK:
            account = replace(account, has_role=await self._reader.has_role(account.id))
        why = why_not(account, address, step.verb, self._way)
        if why is not None:
            raise RefusedError(why)
        return account

    async def _check_blocked(self, person: Person, account: TenantAccount) -> None:
        """See that it is the account that we blocked, if that is still there: addresses change hands."""
        known = await self._records.of(person)
        last = blocked_last(known)
        stands = any(one.user == last and one.blocked_by for one in known)
        if last is not None and stands and last != account.id and await self._reader.exists(last):
            raise RefusedError(say(BLOCKED_ANOTHER))

    async def _check_domain(self, address: str) -> None:
        """Tell an address that nobody has from one that this tenant could not have."""
        domain = address.rpartition("@")[2]
        if domain not in {one.name.lower() for one in await self._people.domains() if one.verified}:
            sentence = N_(
                "The register's address is of {domain}, which is no domain of the tenant: correct it."
            )
            raise RefusedError(say(sentence, domain=domain))

    async def _disable(self, facts: AccountFacts, step: AccountStep) -> AccountFacts:
        noted = await self._records.note(facts, replace(facts, blocked_by=step.id), step)
        try:
            await self._change("PATCH", user_path(facts.user), {"accountEnabled": False})
        except RefusedError:
            await self._records.note(noted, facts)  # we did not, so it is not ours to undo
            raise
        return noted

    async def _end_sessions(
        self, facts: AccountFacts, step: AccountStep, account: TenantAccount
    ) -> AccountFacts:
        """End the sessions unless that was done for this step: the tenant's own moment tells."""
        if facts.revoked_for != step.id:
            facts = await self._records.note(
                facts, replace(facts, revoked_for=step.id, sessions_before=account.sessions_from), step
            )
        if account.sessions_from == facts.sessions_before:
            await self._change("POST", f"{user_path(facts.user)}/revokeSignInSessions", repeatable=True)
        return facts

    async def _clear_rules(self, facts: AccountFacts, step: AccountStep) -> Message | None:
        rules, unseen = await self._rules.leading_outside(facts.user)
        if rules:
            await self._records.note(facts, with_cleared(facts, rules), step)
            failed = await self._rules.switch_off(facts.user, rules)
            return failed or unseen
        if unseen is not None and unseen.params.get("why") == NO_REST:
            licensing = await self._reader.licensing(facts.user)
            return unseen if licensing.any else None  # without a licence there is no mailbox
        return unseen

    async def _take_licences(self, facts: AccountFacts, step: AccountStep) -> DirectoryAnswer:
        licensing = await self._reader.licensing(facts.user)
        why = why_not_licence(licensing)
        if why is not None:
            raise RefusedError(why)
        begun = facts.closed_by == step.id
        if not licensing.direct:
            remark = None if begun else say(N_("The account has no licence with a mailbox."))
            return DirectoryAnswer(done=True, reference=facts.user, remark=remark)
        if begun and not {one.sku for one in licensing.direct} <= {one.sku for one in facts.licences}:
            sentence = N_("A licence was assigned while the mailbox was being closed: find out why.")
            raise RefusedError(say(sentence))
        await self._records.note_closing(facts, step, self._way, licences=licensing.direct)
        await self._assign(facts.user, add=[], remove=[one.sku for one in licensing.direct])
        return DirectoryAnswer(done=True, reference=facts.user)

    async def _never_closed(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Answer for a mailbox that we did not close: it is there, or people closed it."""
        account = await self._account(person, step)
        if account is None:
            raise RefusedError(say(_NO_ACCOUNT))
        if (await self._reader.licensing(account.id)).any:
            return DirectoryAnswer(done=True, reference=account.id)
        raise RefusedError(say(N_("The mailbox's licence was not taken by us: assign the one it needs.")))

    async def _restore(self, closed: AccountFacts, step: AccountStep) -> None:
        """Bring a removed account back, if it is not back already."""
        if not await self._reader.exists(closed.user):
            await self._records.must_be_due(step)
            path = f"/directory/deletedItems/{closed.user}/restore"
            reply = await self._client.call("POST", path, ok={_NOT_FOUND}, repeatable=False)
            if reply.status == _NOT_FOUND:
                sentence = N_("The account was removed more than 30 days ago and is gone: make a new one.")
                raise RefusedError(say(sentence))
        await self._records.note(closed, opened_again(closed))

    async def _assign(self, user: str, *, add: list[dict[str, Any]], remove: list[str]) -> None:
        body = {"addLicenses": add, "removeLicenses": remove}
        await self._change("POST", f"{user_path(user)}/assignLicense", body)

    async def _change(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        repeatable: bool | None = None,
        gone_is_fine: bool = False,
    ) -> None:
        """Change something once; where nobody can tell whether it was, the next attempt looks first."""
        safe = method == "PATCH" if repeatable is None else repeatable
        try:
            await self._client.call(
                method, path, body, repeatable=safe, ok={_NOT_FOUND} if gone_is_fine else ()
            )
        except GraphRefusedError as error:
            if error.status != _FORBIDDEN:
                raise
            sentence = N_(
                "The tenant forbids it ({why}): the account may hold a directory role, or a permission is "
                "missing."
            )
            raise RefusedError(say(sentence, why=error.code)) from error


@asynccontextmanager
async def _speaking() -> AsyncIterator[None]:
    """Tell what concerns one account from what concerns our way into the tenant: that may be mended."""
    try:
        yield
    except SignInRefusedError as error:
        raise UnavailableError(error.message) from error
