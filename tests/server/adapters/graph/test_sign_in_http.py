import httpx2

from tenure_server.adapters.graph.sign_in_http import SignInHttp


def test_bytes_in_a_form_are_sent_as_the_text_they_are() -> None:
    sent = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.content)
        return httpx2.Response(200, json={})

    with SignInHttp(transport=httpx2.MockTransport(answer)) as http:
        http.post("https://sign-in.example/token", data={"client_assertion": b"a.b.c", "scope": "s"})
        http.post("https://sign-in.example/token", json={"a": 1})
    assert sent == [b"client_assertion=a.b.c&scope=s", b'{"a":1}']
