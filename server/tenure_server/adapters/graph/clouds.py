"""Where sign-in and Graph are, in each of Microsoft's clouds. Pure: no I/O.

Graph's own address in a cloud is also the name that a token is asked for, whatever gateway is in between.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from tenure_server.settings import Settings

VERSION = "v1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One way to a tenant's sign-in and Graph."""

    authority: str
    """Base URL of sign-in, without the tenant."""
    graph: str
    """Base URL of Graph with its version."""
    resource: str
    """What a token is asked for."""
    known_authority: bool = True
    """False: an address of the city's own, which Microsoft's list of authorities does not know."""

    @property
    def scope(self) -> str:
        """Return the scope that stands for every permission the city consented to."""
        return f"{self.resource}/.default"


_HOSTS = {
    "global": ("login.microsoftonline.com", "graph.microsoft.com"),
    "us-gov": ("login.microsoftonline.us", "graph.microsoft.us"),
    "us-dod": ("login.microsoftonline.us", "dod-graph.microsoft.us"),
    "china": ("login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn"),
}


def cloud(settings: Settings) -> Cloud:
    """Return the cloud that the settings name, with the addresses they put in place of its own."""
    login, graph = _HOSTS[settings.graph_cloud]
    return Cloud(
        authority=settings.graph_authority or f"https://{login}",
        graph=settings.graph_url or f"https://{graph}/{VERSION}",
        resource=f"https://{graph}",
        known_authority=not settings.graph_authority,
    )


def origin(url: str) -> tuple[str, str, int | None]:
    """Return whom a URL speaks to: scheme, host and port; what is no URL, or no port, is nobody's."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", "", -1
    try:
        port = parts.port
    except ValueError:
        port = -1
    if port is None and parts.scheme == "https":
        port = 443
    return parts.scheme, (parts.hostname or "").lower(), port
