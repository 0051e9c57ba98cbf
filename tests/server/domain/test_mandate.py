from datetime import UTC, datetime

import pytest

from tenure_server.domain.ids import BodyId, PersonId
from tenure_server.domain.mandate import BodyType, EndBasis, Mandate, Seat, death_of, known_end

START = datetime(2025, 5, 31, 21, tzinfo=UTC)
END = datetime(2029, 5, 31, 21, tzinfo=UTC)
LATER = datetime(2029, 8, 31, 21, tzinfo=UTC)


def mandate(
    basis: EndBasis | None, end: datetime | None = END, decided: str = "", quarantined: bool = False
) -> Mandate:
    return Mandate(
        person=PersonId("p"),
        body=BodyId("b"),
        body_type=BodyType.COUNCIL,
        seat=Seat.ORDINARY,
        start=START,
        end=end,
        basis=basis,
        end_decision_ref=decided,
        quarantined=quarantined,
    )


@pytest.mark.parametrize("basis", [EndBasis.TERM, EndBasis.FIXED, EndBasis.DEATH])
def test_a_term_a_fixed_period_and_a_death_end_by_themselves(basis: EndBasis) -> None:
    assert known_end(mandate(basis)) == END


@pytest.mark.parametrize(
    "basis", [basis for basis in EndBasis if basis not in (EndBasis.TERM, EndBasis.FIXED, EndBasis.DEATH)]
)
def test_every_other_basis_ends_only_by_a_decision(basis: EndBasis) -> None:
    assert known_end(mandate(basis)) is None
    assert known_end(mandate(basis, decided="§ 12")) == END


def test_a_decision_without_an_end_confirms_nothing() -> None:
    assert known_end(mandate(EndBasis.REMOVED, end=None, decided="§ 12")) is None


def test_a_quarantined_row_ends_nothing() -> None:
    assert known_end(mandate(EndBasis.TERM, quarantined=True)) is None


def test_the_earliest_death_counts_and_only_a_death() -> None:
    rows = [mandate(EndBasis.TERM), mandate(EndBasis.DEATH, LATER), mandate(EndBasis.DEATH, END)]
    assert death_of(rows) == END
    assert death_of(rows[:1]) is None
