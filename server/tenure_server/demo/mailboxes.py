"""The chapters about mail: forwards are found, reported, and switched off by the city's decision (P23)."""

from datetime import date, timedelta

from tenure_policies.forwarding.verdicts import MailVerdict
from tenure_server.demo import city, tenant
from tenure_server.demo.scene import Chapter, Scene
from tenure_server.demo.telling import insist
from tenure_server.demo.tenant import CityTenant, subject_of, text_of
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import FixState, MailboxState
from tenure_server.domain.message import N_, say
from tenure_server.domain.rights import rights_of
from tenure_server.usecases.check_mailboxes import check_mailboxes

ALLOWED_BY, ALLOWED_UNTIL = "KH 7.5.2029 § 94", date(2029, 12, 31)
FIXED_BY = "KH 7.5.2029 § 95"
ANSWERS = frozenset({0, 1})
"""Exit codes of a check that was made: nothing, or something, sends mail outside."""
MOMENT = timedelta(minutes=1)
OUTSIDE = frozenset({tenant.FORWARDS_HOME, tenant.FORWARDS_TO_COLLEAGUE})

Seen = dict[PersonId, MailboxState]


async def look_at_the_mailboxes(scene: Scene) -> None:
    """Allow one partner, look at every mailbox, and see that finding a forward changes nothing yet."""
    await scene.person.allow_domain(tenant.PARTNER, ALLOWED_BY, ALLOWED_UNTIL)
    found = await _checked(scene, outside=OUTSIDE)
    scene.teller.observed(
        say(
            N_("{count} mailboxes read: {outside} send mail to {domain}, {through} of them by a colleague."),
            count=len(found),
            outside=len(OUTSIDE),
            domain=tenant.HOME,
            through=1,
        )
    )
    scene.teller.observed(
        say(
            N_("{domain} is allowed by {decision}; a rule that Graph does not show counts as not known."),
            domain=tenant.PARTNER,
            decision=ALLOWED_BY,
        )
    )
    insist(
        _tenant(scene).forwards(tenant.FORWARDS_HOME),
        say(N_("A forward was switched off before the city decided so.")),
    )
    await _look_at_the_page(scene)


async def switch_forwards_off(scene: Scene) -> None:
    """Switch fixing on by a decision, and see in the tenant that the forward is off, and that it was told."""
    data = ("--data", str(scene.town.premises.server))
    await scene.town.done("mail", "fixing", "on", "--decision", FIXED_BY, *data)
    await _checked(scene, outside=frozenset())
    theirs = _tenant(scene)
    off = not theirs.forwards(tenant.FORWARDS_HOME) and theirs.rules(tenant.FORWARDS_HOME) == 1
    insist(off, say(N_("The forward to a private address is not switched off in the tenant, or is gone.")))
    untouched = theirs.forwards(tenant.FORWARDS_TO_COLLEAGUE) and theirs.forwards(tenant.FORWARDS_TO_PARTNER)
    insist(untouched, say(N_("A rule was switched off that sends nothing outside.")))
    fixes = [fix for fix in await scene.sightings.rule_fixes() if fix.state is FixState.DONE]
    insist(
        [fix.person for fix in fixes] == [city.person_id(tenant.FORWARDS_HOME)],
        say(N_("Other rules were switched off than should be: {count}."), count=len(fixes)),
    )
    scene.teller.observed(
        say(
            N_("{decision}: the rule is switched off in the tenant, not deleted; others stay."),
            decision=FIXED_BY,
        )
    )
    await _see_that_it_was_told(scene, theirs)


async def _see_that_it_was_told(scene: Scene, theirs: CityTenant) -> None:
    async def told() -> str | None:
        mails = [one for one in theirs.mail_to(tenant.FORWARDS_HOME) if tenant.HOME in text_of(one)]
        return subject_of(mails[0]) if mails else None

    subject = await scene.see(told, say(N_("Whoever had the forward was not told that it is off.")))
    name = city.person(tenant.FORWARDS_HOME)
    scene.teller.observed(
        say(
            N_("{name} was told by mail, in their language: “{subject}”."),
            name=f"{name.given} {name.family}",
            subject=subject,
        )
    )


async def _look_at_the_page(scene: Scene) -> None:
    page = await scene.person.page("/mail?verdict=violation", "en")
    named = all(city.person(citizen).family in page for citizen in OUTSIDE)
    insist(
        named and tenant.HOME in page and f"@{tenant.HOME}" not in page,
        say(N_("The dashboard does not show the forwards by their domain alone.")),
    )
    scene.teller.observed(say(N_("The dashboard shows them by domain, and says what nobody can see.")))


async def _checked(scene: Scene, *, outside: frozenset[int]) -> Seen:
    """Look at every mailbox as an administrator does, and again until each verdict is that of the story.

    Whoever forwarded to a colleague is well only at the look after that colleague's rule was switched off.
    """
    begun = scene.opened.clock.now()
    data = str(scene.town.premises.server)
    asked = await scene.town.command("mail", "check", "--json", "--data", data)
    insist(
        asked.exit_code in ANSWERS, say(N_("`tenure mail check` ended with {code}."), code=asked.exit_code)
    )

    async def looked() -> Seen | None:
        found = await scene.sightings.mailboxes()
        fresh = all(state.checked_at >= begun for state in found.values())
        if fresh and _verdicts(found) == _expected(found, outside):
            return found
        if scene.opened.checking is not None:
            await check_mailboxes(scene.opened.checking)
        return None

    wrong = N_("Not every mailbox was looked at, or a verdict is another than it should be.")
    return await scene.see(looked, say(wrong))


def _verdicts(found: Seen) -> dict[PersonId, MailVerdict]:
    return {person: state.verdict for person, state in found.items()}


def _expected(found: Seen, outside: frozenset[int]) -> dict[PersonId, MailVerdict]:
    """Return the verdict on each mailbox: those of the story, and all others well."""
    expected = dict.fromkeys(found, MailVerdict.OK)
    expected |= {PersonId(city.person_id(citizen)): MailVerdict.VIOLATION for citizen in outside}
    return expected | {PersonId(city.person_id(tenant.HIDES_A_RULE)): MailVerdict.UNKNOWN}


async def see_sign_in_blocked(scene: Scene) -> None:
    """See in the tenant that those whose right to a mailbox ended can sign in no more, and nobody else."""
    theirs, leaving = _tenant(scene), await _leaving(scene)

    async def blocked() -> frozenset[int] | None:
        found = frozenset(citizen for citizen in city.EVERYBODY if not theirs.may_sign_in(citizen))
        return found if found >= leaving else None

    found = await scene.see(blocked, say(N_("Sign-in was not blocked for everybody who leaves.")))
    wrongly = sorted(city.person_id(citizen) for citizen in found - leaving)
    insist(not wrongly, say(N_("Sign-in was blocked for whoever stays: {people}."), people=wrongly))
    scene.teller.observed(
        say(
            N_("Sign-in is blocked in the tenant for {count} who leave; staff and those who stay sign in."),
            count=len(found),
        )
    )


async def _leaving(scene: Scene) -> frozenset[int]:
    """Return the trustees whose right to a mailbox ended with the term, but for staff."""
    facts = await scene.sightings.facts()
    before, after = city.TERM_ENDS - MOMENT, city.TERM_ENDS
    found = set()
    for citizen in city.EVERYBODY:
        rows = [row for row in facts.mandates if row.person == city.person_id(citizen)]
        had, has = (rights_of(rows, scene.opened.policy, at).mailbox.live for at in (before, after))
        if had is not None and has is None and citizen not in city.EMPLOYEES:
            found.add(citizen)
    return frozenset(found)


def _tenant(scene: Scene) -> CityTenant:
    insist(scene.town.tenant is not None, say(N_("The city has no tenant.")))
    assert scene.town.tenant is not None  # noqa: S101 - insisted on above
    return scene.town.tenant


LOOK = Chapter(title=say(N_("The trustees' mailboxes are looked at")), play=look_at_the_mailboxes)
MAIL = (
    LOOK,
    Chapter(title=say(N_("Forwards are switched off by a decision")), play=switch_forwards_off),
)
