"""The whole web side as one ASGI application: laptops on raw routes, people and signers through FastAPI."""

from fastapi import FastAPI

from tenure_server.web.agent_api import AgentApi, Receive, Scope, Send


class Edge:
    """Send laptops' requests straight to their API, and everything else to FastAPI."""

    def __init__(self, agents: AgentApi, pages: FastAPI) -> None:
        self._agents = agents
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "http" and self._agents.answers(scope["path"]):
            await self._agents(scope, receive, send)
        else:
            await self._pages(scope, receive, send)


def pages_app() -> FastAPI:
    """Make the FastAPI application, without public documentation pages."""
    return FastAPI(title="Tenure", docs_url=None, redoc_url=None, openapi_url=None)
