"""The city's texts, what was signed under them, and statements for own computers (P10, P13, P16, P17)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from fakes.city import City
from fakes.desk import Desk, shipped, signature
from fakes.town import town
from tenure_server.adapters.paper.shipped_texts import shipped_texts
from tenure_server.domain.commitment_text import CommitmentText, TextKind
from tenure_server.domain.errors import ConflictError, InputError, NotFoundError, RefusedError, TenureError
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.term import Term, TermPolicy
from tenure_server.usecases.commitment_texts import (
    AddText,
    add_text,
    commitments_missing,
    commitments_of,
    sign_commitment,
    text_to_sign,
    texts,
)
from tenure_server.usecases.hand_over import Signature
from tenure_server.usecases.state_own_device import state_own_device, statements

NEW = AddText(
    kind=TextKind.LAPTOP, version="2029-1", language="fi", text="Sitoudun.\n", decision="KH 3.4.2029 § 7"
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with town(tmp_path) as here:
        city = City().seat("aino", since="2021-08-01", until="2029-05-31").seat("bert")
        await here.know(city.device("L1").device("L2"))
        yield Desk(here)


async def add(desk: Desk, wanted: AddText = NEW) -> CommitmentText:
    return await add_text(desk.town.store, desk.town.clock, wanted, shipped_texts())


async def sign(desk: Desk, serial: str, person: str, text: CommitmentText) -> None:
    await sign_commitment(
        desk.town.store, desk.town.clock, serial=Serial(serial), signer=PersonId(person), text=text
    )


async def missing(desk: Desk) -> list[str]:
    found = await commitments_missing(desk.town.store, desk.town.clock, desk.town.terms, shipped_texts())
    return [one.person for one in found]


async def test_the_shipped_text_is_signed_until_the_city_adds_its_own(desk: Desk) -> None:
    before = await text_to_sign(desk.town.store, shipped_texts(), TextKind.LAPTOP, "fi")
    added = await add(desk)
    after = await text_to_sign(desk.town.store, shipped_texts(), TextKind.LAPTOP, "fi")
    swedish = await text_to_sign(desk.town.store, shipped_texts(), TextKind.LAPTOP, "sv")

    assert (before, after) == (shipped(), added)
    assert swedish.version == "proposal-1"
    assert len(await texts(desk.town.store, shipped_texts())) == 7
    fields = (await desk.town.log())[-1].entry.fields
    assert (fields["digest"], fields["decision"]) == (added.digest, "KH 3.4.2029 § 7")


@pytest.mark.parametrize("version", ["2029-1", "proposal-1"])
async def test_a_version_that_people_may_have_signed_is_never_changed(desk: Desk, version: str) -> None:
    await add(desk)
    with pytest.raises(ConflictError, match="new version"):
        await add(desk, AddText(kind=TextKind.LAPTOP, version=version, language="fi", text="Muuta."))


@pytest.mark.parametrize(
    "wanted",
    [
        AddText(kind=TextKind.LAPTOP, version="2 9", language="fi", text="x"),
        AddText(kind=TextKind.LAPTOP, version="1", language="de", text="x"),
        AddText(kind=TextKind.LAPTOP, version="1", language="fi", text=" \n"),
        AddText(kind=TextKind.LAPTOP, version="1", language="fi", text="x" * 1_000_000),
        AddText(kind=TextKind.LAPTOP, version="1", language="fi", text="a\x1b]0;b"),
        AddText(kind=TextKind.LAPTOP, version="1", language="fi", text="x", decision="\x00"),
    ],
)
async def test_a_text_that_nobody_could_read_is_refused(desk: Desk, wanted: AddText) -> None:
    with pytest.raises(InputError):
        await add(desk, wanted)
    assert len(await texts(desk.town.store, shipped_texts())) == 6


async def test_what_was_signed_is_kept_word_for_word_also_when_the_text_is_followed_by_another(
    desk: Desk,
) -> None:
    await desk.issue("L1", "aino", signature=signature("sv"))
    await add(desk)

    (kept,) = await commitments_of(desk.town.store, Serial("L1"))

    assert (kept.text, kept.version, kept.language) == (shipped(language="sv").text, "proposal-1", "sv")


async def test_one_who_continues_signs_for_the_new_term_without_a_handover(desk: Desk) -> None:
    """Case 1, P13."""
    await desk.issue("L1", "aino", signature=signature())
    assert await missing(desk) == []

    desk.town.goes_to("2029-06-01")
    new_term = City().seat("aino", since="2021-08-01", until="2033-05-31").seat("bert")
    await desk.town.know(new_term.device("L1").device("L2"))
    desk.town.terms = replaced_term(desk)
    assert await missing(desk) == ["aino"]

    text = await add(desk)
    await sign(desk, "L1", "aino", text)

    assert await missing(desk) == []
    assert [one.version for one in await commitments_of(desk.town.store, Serial("L1"))] == [
        "proposal-1",
        "2029-1",
    ]
    assert [row.holder for row in await desk.custody("L1")] == ["aino"], "nothing changed hands"
    assert (await desk.logged("L1"))[-1] == "commitment_signed"


def replaced_term(desk: Desk) -> TermPolicy:
    """The same policy for the next term."""
    return replace(desk.town.terms, term=Term(first_day=date(2029, 6, 1), last_day=date(2033, 5, 31)))


async def test_who_does_not_hold_the_laptop_signs_nothing_for_it(desk: Desk) -> None:
    await desk.issue("L1", "aino")
    with pytest.raises(ConflictError, match="does not hold"):
        await sign(desk, "L1", "bert", shipped())
    with pytest.raises(NotFoundError):
        await sign(desk, "L9", "aino", shipped())
    with pytest.raises(NotFoundError):
        await text_to_sign(desk.town.store, shipped_texts(), TextKind.LAPTOP, "fi", "1999")


@pytest.mark.parametrize(
    ("to", "wanted", "error"),
    [
        ("aino", Signature(version="1", language="fi", text="a\x1bb"), InputError),
        ("aino", Signature(version="1", language="fi", text="x" * 1_000_000), InputError),
        ("aino", Signature(version="a b", language="fi", text="x"), InputError),
        ("location:point", Signature(version="1", language="fi", text="x"), RefusedError),
    ],
)
async def test_what_cannot_be_signed_hands_nothing_over(
    desk: Desk, to: str, wanted: Signature, error: type[TenureError]
) -> None:
    with pytest.raises(error):
        await desk.issue("L1", to, signature=wanted, even_though_not_entitled=True)
    assert await desk.custody("L1") == []


async def test_a_statement_for_an_own_computer_is_kept_once(desk: Desk) -> None:
    here = desk.town
    statement, tasks = await state_own_device(
        here.store, here.clock, here.terms, person=PersonId("bert"), text=shipped("own_device", "en")
    )
    assert tasks == []
    assert [*await statements(here.store, PersonId("bert"))] == [statement]
    assert (statement.text, statement.language) == (shipped("own_device", "en").text, "en")

    for person, text, error in (
        ("bert", shipped("own_device", "en"), ConflictError),
        ("nobody", shipped("own_device"), NotFoundError),
        ("bert", shipped("laptop"), RefusedError),
    ):
        with pytest.raises(error):
            await state_own_device(here.store, here.clock, here.terms, person=PersonId(person), text=text)
    assert len(await statements(here.store)) == 1
