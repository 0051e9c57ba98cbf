from urllib.parse import parse_qs

import httpx2

from tenure_server.adapters.graph.sign_in_http import SignInHttp


def test_a_form_with_bytes_is_sent_as_the_text_that_they_are() -> None:
    seen: list[dict[str, list[str]]] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(parse_qs(request.content.decode()))
        return httpx2.Response(200)

    with SignInHttp(transport=httpx2.MockTransport(handler)) as http:
        http.post("https://login.example/token", data={"client_assertion": b"ey.J.x", "scope": "s/.default"})
    assert seen == [{"client_assertion": ["ey.J.x"], "scope": ["s/.default"]}]
