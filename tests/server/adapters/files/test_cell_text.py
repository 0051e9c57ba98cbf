from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.city import policy
from tenure_server.adapters.files.cell_text import CellError, cell_text

ZONE = policy().zone


@dataclass
class Cell:
    value: Any
    data_type: str = "n"
    number_format: str = "General"


def text(value: Any, **more: str) -> str:
    return cell_text(Cell(value, **more), ZONE)


def why(value: Any, **more: str) -> str:
    with pytest.raises(CellError) as refusal:
        text(value, **more)
    return str(refusal.value.why)


@settings(deadline=None)
@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_a_number_is_written_whole_and_never_with_a_point_behind_it(number: int) -> None:
    assert text(number) == str(number)
    assert text(float(number)) == str(number)


@settings(deadline=None)
@given(st.decimals(min_value=0, max_value=99_999, places=2))
def test_a_sum_keeps_its_digits_and_gets_no_others(amount: Any) -> None:
    assert float(text(float(amount))) == float(amount)
    assert len(text(float(amount)).partition(".")[2]) <= 2


def test_very_small_numbers_are_written_without_an_exponent() -> None:
    assert text(0.0000001) == "0.0000001"


def test_zeros_in_front_are_kept_where_the_cell_shows_them() -> None:
    assert text(42, number_format="00000") == "00042"
    assert text(42.0, number_format="00000") == "00042"
    assert text(123456, number_format="000") == "123456"
    assert text(42, number_format="0.00") == "42"


def test_a_number_that_the_spreadsheet_has_rounded_is_refused() -> None:
    assert "15 digits" in why(1234567890123456)
    assert "15 digits" in why(1e15)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    assert "not a number" in why(value)


def test_days_are_written_the_one_way() -> None:
    assert text(date(2029, 5, 31)) == "2029-05-31"
    assert text(datetime(2029, 5, 31)) == "2029-05-31"  # noqa: DTZ001 - a cell has no zone


def test_a_time_is_the_municipality_s_in_summer_and_in_winter() -> None:
    assert text(datetime(2029, 7, 1, 12)) == "2029-07-01T12:00:00+03:00"  # noqa: DTZ001
    assert text(datetime(2029, 1, 1, 12)) == "2029-01-01T12:00:00+02:00"  # noqa: DTZ001


@pytest.mark.parametrize("day", [datetime(2029, 3, 25, 3, 30), datetime(2029, 10, 28, 3, 30)])  # noqa: DTZ001
def test_a_time_that_the_clocks_show_twice_or_never_is_refused(day: datetime) -> None:
    assert "offset" in why(day)


@pytest.mark.parametrize("value", [time(9, 0), timedelta(hours=30)])
def test_a_time_of_day_or_a_duration_is_refused(value: Any) -> None:
    assert "write a day" in why(value)


def test_true_and_false_are_yes_and_no() -> None:
    assert (text(True, data_type="b"), text(False, data_type="b")) == ("yes", "no")


def test_text_is_trimmed_and_control_characters_are_refused() -> None:
    assert text(" Åsa\u00a0", data_type="s") == "Åsa"
    assert "no text" in why("a\x85b", data_type="s")


def test_formulas_and_errors_are_refused_whatever_they_show() -> None:
    assert "formula" in why("=1+1", data_type="f")
    assert "#REF!" in why("#REF!", data_type="e")
