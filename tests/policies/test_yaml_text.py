from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_policies.yaml_text import (
    DEEPEST,
    LONGEST_CHARACTERS,
    MOST_NODES,
    Document,
    YamlTextError,
    documents,
)


def _value(text: str) -> object:
    (document,) = documents(text)
    return document.value


def test_plain_scalars_are_null_true_false_a_whole_number_or_text() -> None:
    text = "[~, true, False, 12, -3, on, 1.10, 2029-06-01, 007, '5', !, \"!\", 0x10, 1_000, .nan]"
    expected = [
        None,
        True,
        False,
        12,
        -3,
        "on",
        "1.10",
        "2029-06-01",
        "007",
        "5",
        "",
        "!",
        "0x10",
        "1_000",
        ".nan",
    ]
    assert _value(text) == expected


def test_a_text_may_hold_several_documents_and_each_value_knows_its_line() -> None:
    first, second = documents("a: 1\n---\n- b\n- c:\n    d: 2\n")
    assert (first.value, second.value) == ({"a": 1}, ["b", {"c": {"d": 2}}])
    assert first.line(".a") == 1
    assert second.line("[1].c.d") == 5


def test_a_value_that_is_not_there_has_the_line_of_what_should_hold_it() -> None:
    document = Document(value={}, lines={"": 1, ".spec": 4})
    assert document.line(".spec.name") == 4
    assert document.line("[3].name") == 1


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a: &a [x]\nb: *a\n", 2, "alias"),
        ("a: 1\nb: 2\na: 3\n", 3, "twice"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "tag"),
        ("a: !!str x\n", 1, "tag"),
        ("? [a]\n: 1\n", 1, "key"),
        ("a: b: c\n", 1, "not YAML"),
        ("a:\n\t- b\n", 2, "not YAML"),
        ("\x00", 1, "not YAML"),
        ("a: [1\n", 2, "not YAML"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(YamlTextError, match=why) as caught:
        documents(text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "x" * (LONGEST_CHARACTERS + 1),
        "[" * 100_000,
        "a:\n" + "".join(" " * depth + "a:\n" for depth in range(1, DEEPEST + 2)),
        "- a\n" * (MOST_NODES + 1),
        "{" * 20_000,
        "&a [*a]",
        "- &a [x,x,x,x]\n- &b [*a,*a,*a,*a]\n- &c [*b,*b,*b,*b]\n",
    ],
    ids=["long", "deep lists", "deep mappings", "many", "braces", "ring", "bomb"],
)
def test_a_bomb_is_refused_at_once(text: str) -> None:
    began = process_time()
    with pytest.raises(YamlTextError):
        documents(text)
    assert process_time() - began < 1


def test_an_empty_text_holds_no_document() -> None:
    assert documents("") == documents("# only words\n") == ()


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    with suppress(YamlTextError):
        documents(text)
