"""How a page becomes a response: templates, built assets, and what a browser may run.

Rules: templates escape everything and hold no logic but loops; nothing inline runs (style and script come
from our own origin, the script only with this response's nonce); nothing is fetched from anywhere else; a
page is never stored by a cache.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from tenure_server.language import LANGUAGES, Translator, translator

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
BUILT = STATIC / "build"
STATIC_PATH = "/static"
A_YEAR_SECONDS = 31_536_000
ENTRY = "src/main.js"


class NotBuiltError(RuntimeError):
    """The dashboard's front end has not been built into this installation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the pages show of the municipality, whatever the question."""

    names: Mapping[str, str]
    """Language -> the municipality's name."""
    zone: ZoneInfo
    default_language: str = "fi"

    def name(self, language: str) -> str:
        """Return the municipality's name in a language, or in its own first one."""
        return self.names.get(language) or next(iter(self.names.values()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """The addresses of the built script and style sheet, named by their content."""

    script: str
    style: str

    @classmethod
    def read(cls, built: Path = BUILT) -> "Assets":
        """Read what Vite built.

        Raises:
            NotBuiltError: there is no usable build.
        """
        try:
            manifest = json.loads((built / "manifest.json").read_text("utf-8"))
            script = manifest[ENTRY]["file"]
            style = next(entry["file"] for entry in manifest.values() if entry["file"].endswith(".css"))
        except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
            raise NotBuiltError(
                "the dashboard's front end is not built: run `uv sync --all-packages`, or install a wheel"
            ) from error
        return cls(script=f"{STATIC_PATH}/build/{script}", style=f"{STATIC_PATH}/build/{style}")


class Files(StaticFiles):
    """Serves the static files; browsers may keep built ones, whose names change with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file, and say how long it may be kept."""
        response: Response = await super().get_response(path, scope)
        if path.startswith("build/assets/"):
            response.headers["Cache-Control"] = f"public, max-age={A_YEAR_SECONDS}, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


@cache
def environment(language: str) -> Environment:
    """Return the templates in one language."""
    speak = translator(language)
    templates = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # A running process shows the pages it was started with.
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    templates.policies["ext.i18n.trimmed"] = True
    install = templates.install_gettext_callables  # type: ignore[attr-defined]  # added by the extension
    install(speak.gettext, speak.ngettext, newstyle=True)
    return templates


def languages() -> tuple[Translator, ...]:
    """Return a translator for each language that is offered."""
    return tuple(translator(language) for language in LANGUAGES)


def render(
    template: str, context: Mapping[str, Any], *, speak: Translator, status: int = 200
) -> HTMLResponse:
    """Render a template as a response that carries its own content security policy."""
    nonce = secrets.token_urlsafe(16)
    html = environment(speak.language).get_template(template).render({**context, "nonce": nonce})
    return HTMLResponse(html, status_code=status, headers=page_headers(nonce, speak.language))


def page_headers(nonce: str | None, language: str) -> dict[str, str]:
    """Return the headers of every page; without a nonce nothing in it may run."""
    policy = (
        "default-src 'self'",
        f"script-src 'nonce-{nonce}'" if nonce else "script-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types htmx",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Content-Language": language,
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        # Not `no-referrer`: with it a browser sends `Origin: null` from our own forms.
        "Referrer-Policy": "same-origin",
        "Vary": "Accept-Language, Cookie, HX-Request",
        "X-Content-Type-Options": "nosniff",
    }
