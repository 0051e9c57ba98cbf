import pytest

from tenure_server.adapters.graph.errors import error_code, shown_path


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (
            "/users/aino@kuntala.example/mailFolders/inbox/messageRules",
            "GET users/*/mailFolders/inbox/messageRules",
        ),
        ("/v1.0/users/0a1b2c3d-0000-4000-8000-000000000000", "GET users/*"),
        ("/users/delta?$deltatoken=secret", "GET users/delta"),
        ("/$batch", "GET $batch"),
    ],
)
def test_a_call_is_shown_without_ids_addresses_and_tokens(path: str, shown: str) -> None:
    assert shown_path("GET", path) == shown


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": "ErrorAccessDenied"}}, "ErrorAccessDenied"),
        ({"error": {"code": "Aino Virtanen <aino@kuntala.example>"}}, ""),
        ({"error": {"code": "x" * 101}}, ""),
        ({"error": {"code": 3}}, ""),
        ({"error": "no"}, ""),
        ([], ""),
    ],
)
def test_only_what_looks_like_a_code_is_taken_for_one(body: object, code: str) -> None:
    assert error_code(body) == code
