"""Laptops become known once per token, and inherit their locks when they come again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.city import City
from fakes.keys import key_id, key_pem, new_key
from fakes.town import TERM_END, Town, town
from tenure_policies.envelope import UnreadableError
from tenure_policies.payloads import DirectiveState
from tenure_policies.wire import EnrolAnswer, EnrolRequest
from tenure_server.domain.custody import HolderType
from tenure_server.domain.errors import NotFoundError, RefusedError
from tenure_server.domain.handover import Receiver
from tenure_server.domain.ids import KeyThumbprint, Serial
from tenure_server.usecases.enrol_device import (
    TOKEN_LIVES,
    enrol_device,
    make_enrol_token,
    revoke_device_key,
)
from tenure_server.usecases.hand_over import HandOver, hand_over
from tenure_server.usecases.visit import VoidKeyError


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(
            City().seat("aino", until="2029-05-31").laptop("L1", "aino").seat("bert", until="2033-05-31")
        )
        yield started


async def enrol(here: Town, token: str, serial: str = "L1", **facts: object) -> EnrolAnswer:
    fields: dict[str, object] = {
        "token": token,
        "public_key": key_pem(new_key()),
        "serial": serial,
        "platform": "linux",
        "model": "Kaisla",
        "agent_version": "0.1.0",
        "key_protection": "software",
    }
    return await enrol_device(
        here.store, here.clock, EnrolRequest(**{**fields, **facts})  # type: ignore[arg-type]
    )  # fmt: skip


async def locked_laptop(here: Town) -> None:
    laptop = await here.enrol("L1")
    await here.lives_to(TERM_END)
    await here.lock(laptop)


async def test_a_new_laptop_is_told_who_it_is_and_whose_keys_to_trust(here: Town) -> None:
    answer = await enrol(here, await make_enrol_token(here.store, here.clock))

    assert (answer.municipality, answer.epoch, answer.audience) == ("kuntala", 1, "tenure:kuntala")
    assert list(answer.keys) == here.keys.documents
    assert (await here.kinds())[-1] == "device_enrolled"


async def test_a_token_works_once(here: Town) -> None:
    token = await make_enrol_token(here.store, here.clock)
    await enrol(here, token)

    with pytest.raises(RefusedError):
        await enrol(here, token, "L2")
    async with here.store.reading() as tx:
        assert await tx.devices.by_serial(Serial("L2")) is None


async def test_a_token_for_one_laptop_enrols_no_other(here: Town) -> None:
    token = await make_enrol_token(here.store, here.clock, serial=Serial("L1"))

    with pytest.raises(RefusedError):
        await enrol(here, token, "L2")
    assert (await enrol(here, token, "L1")).epoch == 1


async def test_an_old_or_invented_token_enrols_nothing(here: Town) -> None:
    token = await make_enrol_token(here.store, here.clock)
    here.clock.at += TOKEN_LIVES

    for offered in (token, "tenure:kuntala.invented"):
        with pytest.raises(RefusedError):
            await enrol(here, offered)


@pytest.mark.parametrize("serial", ["", "   ", "a\nb", "x" * 129])
async def test_what_is_no_serial_is_refused(here: Town, serial: str) -> None:
    with pytest.raises(RefusedError):
        await enrol(here, await make_enrol_token(here.store, here.clock), serial)


@pytest.mark.parametrize("facts", [{"platform": "li\0nux"}, {"model": "x" * 201}, {"agent_version": "1\n2"}])
async def test_what_a_laptop_cannot_honestly_be_called_is_refused(here: Town, facts: dict[str, str]) -> None:
    token = await make_enrol_token(here.store, here.clock)
    with pytest.raises(RefusedError):
        await enrol(here, token, **facts)
    await enrol(here, token)


async def test_what_is_no_p256_key_is_refused(here: Town) -> None:
    with pytest.raises(UnreadableError):
        await enrol(here, await make_enrol_token(here.store, here.clock), public_key="no key")


async def test_a_laptop_nobody_listed_becomes_a_device_in_stock(here: Town) -> None:
    await enrol(here, await make_enrol_token(here.store, here.clock), "NEW")

    async with here.store.reading() as tx:
        assert "NEW" in {asset.serial for asset in (await tx.register.facts()).assets}


async def test_a_re_enrolment_is_a_new_epoch_and_voids_the_old_key(here: Town) -> None:
    old = await here.enrol("L1")

    new = await here.enrol("L1")

    assert (new.answer.epoch, new.answer.device) == (2, old.answer.device)
    with pytest.raises(VoidKeyError):
        await here.visit(old)
    await here.visit(new)


async def test_a_key_is_enrolled_once(here: Town) -> None:
    key = new_key()
    await enrol(here, await make_enrol_token(here.store, here.clock), public_key=key_pem(key))

    token = await make_enrol_token(here.store, here.clock, serial=Serial("L1"))
    with pytest.raises(RefusedError, match="key"):
        await enrol(here, token, public_key=key_pem(key))


async def test_a_token_for_any_laptop_takes_none_from_its_holder(here: Town) -> None:
    laptop = await here.enrol("L1")
    token = await make_enrol_token(here.store, here.clock)

    with pytest.raises(RefusedError):
        await enrol(here, token, "L1")

    await here.visit(laptop)
    assert (await enrol(here, token, "L2")).epoch == 1


async def test_a_laptop_enrolled_again_while_locked_inherits_lock_and_case(here: Town) -> None:
    """Invariant 5."""
    await locked_laptop(here)
    before = await here.latest("L1")

    laptop = await here.enrol("L1")
    await here.sweep()
    await here.visit(laptop)

    assert (await here.device("L1")).needs_person
    assert laptop.directive.state is DirectiveState.LOCKED
    assert (laptop.directive.lock_id, laptop.directive.case) == (before.lock_id, before.case)
    assert len(await here.cases()) == 1


async def test_it_stays_locked_until_a_person_has_looked_even_if_re_elected(here: Town) -> None:
    await locked_laptop(here)
    laptop = await here.enrol("L1")
    await here.know(
        City().seat("aino", until="2033-05-31").laptop("L1", "aino").seat("bert", until="2033-05-31")
    )
    await here.sweep()
    await here.visit(laptop)
    assert laptop.directive.state is DirectiveState.LOCKED

    to = Receiver(type=HolderType.PERSON, id="aino")
    await hand_over(here.store, here.clock, here.terms, HandOver(serial=Serial("L1"), to=to))
    await here.sweep()
    await here.visit(laptop)

    assert laptop.directive.state is DirectiveState.ACTIVE


async def test_the_case_of_a_lock_that_only_waits_for_a_person_names_no_end(here: Town) -> None:
    await locked_laptop(here)
    await here.enrol("L1")
    await here.know(City().seat("aino", until=None).laptop("L1", "aino").seat("bert", until="2033-05-31"))
    await here.sweep()

    (case,) = [case for case in await here.cases() if case.ends_at is None]
    assert (case.rule, case.decision) == ("P15", "")


async def test_a_lease_that_ran_out_unseen_counts_as_locked(here: Town) -> None:
    laptop = await here.enrol("L1")
    await here.sweep()
    await here.visit(laptop)
    here.goes_to(TERM_END + timedelta(days=1))

    await here.enrol("L1")

    assert (await here.device("L1")).needs_person


async def test_a_laptop_enrolled_again_while_in_use_needs_nobody(here: Town) -> None:
    laptop = await here.enrol("L1")
    await here.sweep()
    await here.visit(laptop)

    await here.enrol("L1")

    assert not (await here.device("L1")).needs_person


async def test_a_revoked_key_is_void_and_the_lease_is_not(here: Town) -> None:
    """Security case 4."""
    laptop = await here.enrol("L1")
    await here.sweep()
    await here.visit(laptop)

    await revoke_device_key(here.store, here.clock, serial=Serial("L1"))

    with pytest.raises(VoidKeyError):
        await here.visit(laptop)
    assert laptop.directive.lock_at == TERM_END
    async with here.store.reading() as tx:
        assert await tx.devices.by_key(KeyThumbprint(key_id(laptop.key))) is not None
    with pytest.raises(NotFoundError):
        await revoke_device_key(here.store, here.clock, serial=Serial("unknown"))
