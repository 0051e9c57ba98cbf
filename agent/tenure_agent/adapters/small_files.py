"""Small files of /sys, /proc and /etc, read within a bound; absent and unreadable are told apart."""

from pathlib import Path

_LARGEST_BYTES = 1_000_000


def read_text(path: Path, largest_bytes: int = _LARGEST_BYTES) -> str:
    """Read a file's text up to a bound; what is not UTF-8 becomes a replacement sign.

    Raises:
        OSError: it is absent or cannot be read.
    """
    with path.open("rb") as file:
        return file.read(largest_bytes).decode("utf-8", "replace")


def read_value(path: Path) -> str | None:
    """Read an attribute's one line, or None where this machine has none or keeps it from us."""
    try:
        return read_text(path).strip("\n\0 ")
    except OSError:
        return None


def read_number(path: Path) -> int | None:
    """Read an attribute that is a whole number, or None."""
    value = read_value(path)
    return int(value) if value is not None and value.lstrip("-").isdecimal() else None


def entries(folder: Path) -> list[Path]:
    """List a folder in order of name; an absent one is empty."""
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def modified_at(path: Path) -> int | None:
    """Return when a file last changed, in seconds since 1970, or None if it is absent."""
    try:
        return int(path.stat().st_mtime)
    except OSError:
        return None
