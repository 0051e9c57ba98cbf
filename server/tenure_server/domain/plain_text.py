"""Text from elsewhere, made safe to show in a terminal. Pure: no I/O, no clock.

A reason on a manifest is written by the web server. If it could move the cursor or turn the reading direction
round, an approver would sign another list than the one on the screen.
"""

import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


def plain(text: str, *, longest: int = 500) -> str:
    """Return the text with what is not plainly visible shown by its number, cut to `longest` characters."""
    shown = "".join(
        f"\\u{ord(letter):04x}" if unicodedata.category(letter) in _UNSAFE else letter
        for letter in text[:longest]
    )
    return shown if len(text) <= longest else f"{shown}..."
