import pytest

from tenure_server.adapters.graph.clouds import cloud, origin
from tenure_server.settings import Settings


@pytest.mark.parametrize(
    ("name", "authority", "graph"),
    [
        ("global", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        ("us-gov", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        ("us-dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        ("china", "https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_each_cloud_has_its_own_addresses(name: str, authority: str, graph: str) -> None:
    found = cloud(Settings(graph_cloud=name))  # type: ignore[arg-type]
    assert (found.authority, found.graph, found.known_authority) == (authority, f"{graph}/v1.0", True)
    assert found.scope == f"{graph}/.default"


def test_a_gateway_takes_the_calls_and_the_token_is_still_for_graph() -> None:
    found = cloud(Settings(graph_url="https://127.0.0.1:1/v1.0/", graph_authority="https://127.0.0.1:1"))
    assert (found.graph, found.authority) == ("https://127.0.0.1:1/v1.0", "https://127.0.0.1:1")
    assert not found.known_authority
    assert found.scope == "https://graph.microsoft.com/.default"


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin("https://Graph.example/v1.0") == origin("https://graph.example:443/other")
    for other in ("http://graph.example/", "https://graph.example:444/", "https://graph.example.evil/",
                  "https://graph.example:x/", "https://[",
                  "https://gr\u2100ph.example/", "https://evil@graph.example.evil/"):  # fmt: skip
        assert origin(other) != origin("https://graph.example/v1.0"), other
