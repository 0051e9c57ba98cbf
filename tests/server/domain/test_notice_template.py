"""A text with gaps is checked when it is saved, line by line, and filled without surprises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_server.adapters.notices.template_files import SHIPPED
from tenure_server.domain.notice_template import (
    GAPS,
    LONGEST,
    Template,
    TemplateError,
    TemplateKey,
    fill,
    one_line,
    read_template,
)

GOOD = "Subject: Ends {date}\n\nHello {name}: {date}, {link}\n"


def rows(text: str, key: TemplateKey = TemplateKey.T_30) -> list[int | None]:
    with pytest.raises(TemplateError) as caught:
        read_template(key, text)
    return [one.row for one in caught.value.findings]


def test_a_good_text_is_read_with_its_subject() -> None:
    template = read_template(TemplateKey.T_30, "\ufeff" + GOOD.replace("\n", "\r\n"))
    assert (template.subject, template.body) == ("Ends {date}", "Hello {name}: {date}, {link}\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [1, 2, 1, 1]),
        ("Ends {date}\n\n{link}\n", [1]),
        ("Subject:  \n\n{date} {link}\n", [1]),
        ("Subject: x\ntext {date} {link}\n", [2]),
        ("Subject: x\n\n{date}\n", [3]),
        ("Subject: x\n\n{date} {link} {nimi}\n{tasks}\n", [3, 4]),
        ("Subject: x\n\n{date} {link} {\n", [3]),
        ("Subject: x\n\n{date} {link} {{name}}\n", [3]),
        ("Subject: x\n\n{date} {link} {name.__class__}\n", [3]),
        ("Subject: x\n\n{date} {link} {name!r}\n", [3]),
        ("Subject: x\n\n{date} {link} \x07\n", [3]),
        ("Subject: " + "x" * 200 + "\n\n{date} {link}\n", [1]),
        ("Subject: x\n\n{date} {link}" + "x" * LONGEST, [1]),
    ],
)
def test_a_text_that_cannot_be_used_tells_every_line_at_fault(text: str, expected: list[int]) -> None:
    assert rows(text) == expected


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("key", list(TemplateKey))
def test_every_shipped_text_is_there_and_can_be_used(key: TemplateKey, language: str) -> None:
    text = (SHIPPED / language / f"{key}.txt").read_text(encoding="utf-8")
    assert isinstance(read_template(key, text), Template)


def test_no_gap_is_left_unfilled_and_a_value_is_never_a_template() -> None:
    template = read_template(TemplateKey.T_30, GOOD)
    _, text = fill(template, {"name": "{link}", "date": "1.6.", "link": "https://x"})
    assert text == "Hello {link}: 1.6., https://x\n"


@given(st.dictionaries(st.sampled_from(sorted(GAPS[TemplateKey.T_30].allowed)), st.text()))
def test_a_subject_stays_one_line_whatever_is_filled_in(values: dict[str, str]) -> None:
    subject, text = fill(read_template(TemplateKey.T_30, GOOD), values)
    assert len(subject.splitlines()) <= 1
    assert "\x00" not in text
    assert "\r" not in text


def test_what_turns_text_round_or_ends_a_line_is_taken_out() -> None:
    assert one_line("Aino\r\nBcc: x\u202e\u2028y") == "Aino Bcc: xy"
