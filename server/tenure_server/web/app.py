"""The whole web side as one ASGI application: laptops on raw routes, people and signers through FastAPI."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from tenure_server.web.agent_api import AgentApi, Receive, Scope, Send


class Edge:
    """Send laptops' requests straight to their API; everything else, and the lifespan, goes to FastAPI."""

    def __init__(self, agents: AgentApi, pages: FastAPI) -> None:
        self._agents = agents
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "http" and self._agents.answers(scope["path"]):
            await self._agents(scope, receive, send)
        else:
            await self.pages(scope, receive, send)


def pages_app(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> FastAPI:
    """Make the FastAPI application, without public documentation pages."""
    return FastAPI(title="Tenure", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
