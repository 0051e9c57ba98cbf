import json
from typing import Any

import pytest

from tenure_server.adapters.graph.errors import GraphUnavailableError, SignInRefusedError
from tenure_server.adapters.graph.sign_in_answers import no_authority, refused_or_unavailable


def answer(number: int, error: str = "invalid_client") -> dict[str, Any]:
    text = f"AADSTS{number}: Something about aino@kuntala.example. Trace ID: 1"
    return {"error": error, "error_description": text, "error_codes": [number]}


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (7000215, "graph_secret_file"),
        (7000222, "graph_secret_file"),
        (700027, "graph_certificate"),
        (1000502, "graph_certificate"),
        (90002, "graph_tenant"),
        (700016, "graph_client_id"),
        (700024, "clock"),
        (7000112, "switched off"),
        (53003, "Conditional Access"),
        (123456, "tenure doctor graph"),
    ],
)
def test_each_refusal_says_what_to_do_about_it(number: int, advice: str) -> None:
    error = refused_or_unavailable(answer(number))
    assert isinstance(error, SignInRefusedError)
    assert error.code == f"AADSTS{number}"
    assert advice in str(error)
    assert "aino" not in str(error)


@pytest.mark.parametrize(
    "given",
    [
        answer(90033, "temporarily_unavailable"),
        answer(90025),
        {"error": "server_error"},
        {},
        None,
        [],
        {"error": 7},
    ],
)
def test_what_passes_is_no_refusal(given: Any) -> None:
    assert isinstance(refused_or_unavailable(given), GraphUnavailableError)


def test_a_refusal_without_a_number_keeps_its_word_if_it_is_one() -> None:
    assert getattr(refused_or_unavailable({"error": "invalid_request"}), "code", "") == "invalid_request"
    assert getattr(refused_or_unavailable({"error": "call 555 now"}), "code", "") == "no reason"


def raised(cause: Exception) -> ValueError:
    try:
        try:
            raise cause
        except ValueError:
            raise ValueError("Unable to get authority configuration")  # noqa: B904 - as msal does
    except ValueError as error:
        return error


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (ValueError("HTTP status: 400, Error: AADSTS90002: Tenant 'x' not found"), SignInRefusedError),
        (ValueError("OIDC Discovery failed. HTTP status: 404, Error: "), SignInRefusedError),
        (ValueError("OIDC Discovery failed. HTTP status: 429, Error: "), GraphUnavailableError),
        (ValueError("OIDC Discovery failed. HTTP status: 407, Error: proxy"), GraphUnavailableError),
        (json.JSONDecodeError("x", "<html>", 0), GraphUnavailableError),
    ],
)  # fmt: skip
def test_an_authority_that_is_not_found_is_told_from_one_that_does_not_answer(
    cause: Exception, kind: type[Exception]
) -> None:
    assert isinstance(no_authority(raised(cause)), kind)
