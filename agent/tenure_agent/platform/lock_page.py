"""What a locked laptop shows its holder, in fi, sv and en: plain accessible HTML, everything escaped."""

from html import escape

from tenure_agent.language import LANGUAGES, N_, translate
from tenure_agent.ports import LockOrder

_STYLE = (
    "body{font:1.25rem/1.6 system-ui,sans-serif;max-width:45rem;margin:3rem auto;padding:0 1.5rem;"
    "color:#1a1a1a;background:#fff}section{border-top:.25rem solid #0000bf;margin-top:2.5rem}"
    "@media(prefers-color-scheme:dark){body{color:#f2f2f2;background:#1a1a1a}section{border-color:#9fc9eb}}"
)
_LOCKED = N_("This laptop is locked")
_RETURN = N_("How to return it")
_REFERENCE = N_("Reference for the helpdesk: {lock_id}")


def render_lock_page(order: LockOrder) -> str:
    """Return the page as one HTML document; it loads nothing and runs nothing."""
    sections = "\n".join(_section(order, language) for language in LANGUAGES)
    title = " · ".join(translate(_LOCKED, language) for language in LANGUAGES)
    return (
        '<!DOCTYPE html>\n<html lang="fi">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"{sections}\n</main>\n</body>\n</html>\n"
    )


def _section(order: LockOrder, language: str) -> str:
    reason = getattr(order.reason, language)
    instructions = getattr(order.instructions, language)
    reference = translate(_REFERENCE, language, lock_id=order.lock_id)
    return (
        f'<section lang="{language}">\n<h1>{escape(translate(_LOCKED, language))}</h1>\n'
        f"<p>{_lines(reason)}</p>\n<h2>{escape(translate(_RETURN, language))}</h2>\n"
        f"<p>{_lines(instructions)}</p>\n<p><small>{escape(reference)}</small></p>\n</section>"
    )


def _lines(text: str) -> str:
    return "<br>\n".join(escape(line) for line in text.splitlines())
