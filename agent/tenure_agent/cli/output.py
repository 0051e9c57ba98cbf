"""How an answer looks on standard output: JSON for programs, columns for people."""

import json
import sys
from collections.abc import Mapping, Sequence

_WIDEST_COLUMN = 60


def show_json(value: object) -> None:
    """Print one JSON value."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def show_line(text: str) -> None:
    """Print one line for people."""
    sys.stdout.write(text + "\n")


def flush() -> None:
    """Let what was printed be seen before something is waited for."""
    sys.stdout.flush()


def complain(text: str) -> None:
    """Say something on standard error."""
    sys.stderr.write(text + "\n")


def show_rows(rows: Sequence[Mapping[str, str]]) -> None:
    """Print rows in columns under their names; nothing if there are none."""
    if not rows:
        return
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(names))]
    for line in cells:
        show_line("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(text: str) -> str:
    # Control characters from a device's name must not reach the terminal.
    visible = "".join(sign if sign.isprintable() else "?" for sign in text)
    return visible if len(visible) <= _WIDEST_COLUMN else visible[: _WIDEST_COLUMN - 1] + "…"
