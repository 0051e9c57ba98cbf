"""What a browser sees when something is refused or goes wrong: a page; other clients get JSON.

Which status tells of which error is `web.errors`' to say.
"""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tenure_server.domain.errors import TenureError
from tenure_server.domain.message import Message
from tenure_server.web.dashboard.desk import Desk, PageError
from tenure_server.web.errors import status_of

OUR_ERROR = 500
BUSY = 503
RETRY_SECONDS = "30"


def install(app: FastAPI, desk: Desk) -> None:
    """Answer every error of an application in words: a page for a browser, JSON for anybody else."""

    async def answer(request: Request, status: int, message: Message | None) -> Response:
        if "text/html" in request.headers.get("Accept", ""):
            response = await desk.refuse(request, status, message)
        else:
            response = JSONResponse({"error": str(message) if message else status}, status_code=status)
        if status == BUSY:
            response.headers["Retry-After"] = RETRY_SECONDS
        return response

    async def page_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, PageError)  # noqa: S101 - registered for this class only
        return await desk.refuse(request, error.status, error.message)

    async def domain_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, TenureError)  # noqa: S101 - registered for this class only
        return await answer(request, status_of(error)[0], error.message)

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
        return await answer(request, error.status_code, None)

    async def invalid(request: Request, _error: Exception) -> Response:
        return await answer(request, 400, None)

    async def unexpected(request: Request, _error: Exception) -> Response:
        # Starlette raises the error again after this answer, so that the server logs it.
        return await answer(request, OUR_ERROR, None)

    app.add_exception_handler(PageError, page_error)
    app.add_exception_handler(TenureError, domain_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, unexpected)
