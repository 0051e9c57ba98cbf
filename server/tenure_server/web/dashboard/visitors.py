"""Who is at the other end of a request: their language, their session, and whether our own page sent them.

The session cookie is `SameSite=Lax`, so that a link in a mail opens the page for somebody who is signed in;
every change is a POST, and a POST is taken only from our own origin.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from fastapi import Request, Response

from tenure_server.language import LANGUAGES, Translator, negotiate, translator
from tenure_server.usecases.dashboard import Session, Sessions

LANGUAGE_COOKIE = "tenure_language"
LANGUAGE_SECONDS = 365 * 24 * 3600
LANGUAGE_PARAMETER = "lang"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """One request's reader."""

    speak: Translator
    session: Session | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageLink:
    """The same page in another language."""

    language: str
    name: str
    href: str
    current: bool


async def recognise(request: Request, sessions: Sessions, default_language: str) -> Visitor:
    """Find the session of a request and the language to answer in."""
    cookie = request.cookies.get(session_cookie(request), "")
    session = await sessions.session(cookie) if cookie else None
    return Visitor(speak=translator(language_of(request, session, default_language)), session=session)


def anonymous(request: Request, default_language: str) -> Visitor:
    """Find the language of a request without asking whose it is."""
    return Visitor(speak=translator(language_of(request, None, default_language)), session=None)


def language_of(request: Request, session: Session | None, default: str) -> str:
    """Choose the language: asked for, chosen before, the person's, the browser's, the default."""
    wishes: Iterable[str | None] = (
        request.query_params.get(LANGUAGE_PARAMETER),
        request.cookies.get(LANGUAGE_COOKIE),
        session.language if session else None,
    )
    for wish in wishes:
        if wish in LANGUAGES:
            return str(wish)
    return negotiate(request.headers.get("Accept-Language"), default)


def language_links(request: Request, current: str) -> tuple[LanguageLink, ...]:
    """Return links to this very page in each language."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != LANGUAGE_PARAMETER]
    return tuple(
        LanguageLink(
            language=language,
            name=translator(language).name(),
            href=f"{request.url.path}?{urlencode([*kept, (LANGUAGE_PARAMETER, language)])}",
            current=language == current,
        )
        for language in LANGUAGES
    )


def keep_language(request: Request, response: Response) -> None:
    """Remember a language that was asked for in the address."""
    language = request.query_params.get(LANGUAGE_PARAMETER)
    if language in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            str(language),
            max_age=LANGUAGE_SECONDS,
            httponly=True,
            samesite="lax",
            secure=_is_secure(request),
        )


def keep_session(request: Request, response: Response, session: Session) -> None:
    """Give the browser the session's cookie, for as long as the browser runs."""
    response.set_cookie(
        session_cookie(request), session.cookie, httponly=True, samesite="lax", secure=_is_secure(request)
    )


def forget_session(request: Request, response: Response) -> None:
    """Take the session's cookie back."""
    response.delete_cookie(session_cookie(request), httponly=True, samesite="lax", secure=_is_secure(request))


def session_cookie(request: Request) -> str:
    """Name the cookie; over HTTPS its name binds it to this host (the `__Host-` rule of browsers)."""
    return "__Host-tenure_session" if _is_secure(request) else "tenure_session"


def is_from_our_own_page(request: Request) -> bool:
    """Tell whether a POST was sent by a page of ours; one that does not say is not."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("Host")


def is_partial(request: Request) -> bool:
    """Tell whether the script asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"
