"""How large a file may be before it is refused unread: far beyond any city's register, far below harm."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """The limits of one file."""

    file_bytes: int = 32 * 2**20
    """On the disk."""
    unpacked_bytes: int = 64 * 2**20
    """Of all that a workbook's file unpacks to: a small file can hold gigabytes of zeros."""
    parts: int = 2_000
    """How many files a workbook may be made of."""
    rows: int = 200_000
    """That have anything in them."""
    columns: int = 250
    cell_characters: int = 5_000


LIMITS = FileLimits()
