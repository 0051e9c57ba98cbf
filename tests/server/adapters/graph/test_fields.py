import pytest

from tenure_server.adapters.graph.errors import GraphUnavailableError
from tenure_server.adapters.graph.fields import id_of, text_of, texts_of


def test_a_field_of_another_type_is_as_if_absent() -> None:
    one = {"mail": None, "n": 3, "list": ["a", None, 4, "b"], "text": "t"}
    assert [text_of(one, name) for name in ("mail", "n", "list", "none", "text")] == ["", "", "", "", "t"]
    assert texts_of(one, "list") == ("a", "b")
    assert texts_of(one, "text") == ()


@pytest.mark.parametrize("one", [{}, {"id": ""}, {"id": None}, {"id": 7}])
def test_an_object_without_an_id_is_no_answer(one: dict[str, object]) -> None:
    with pytest.raises(GraphUnavailableError):
        id_of(one, "/contacts")
