"""How a file that cannot be used is refused: by its name, the row, the column, and what to do."""

from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.message import N_, Message, say

MOST_FINDINGS = 100
"""How many faults of one file are told one by one before the rest is only counted."""


def finding(file: str, row: int | None, why: Message, column: str | None = None) -> Finding:
    """Note one fault of a file."""
    return Finding(file=file, row=row, column=column, why=why)


def refusal(file: str, *findings: Finding) -> InputError:
    """Return the refusal of a file with its faults; beyond a hundred they are only counted."""
    told = findings[:MOST_FINDINGS]
    if len(findings) > len(told):
        more = say(N_("{count} more faults like these."), count=len(findings) - len(told))
        told = (*told, finding(file, None, more))
    return InputError(say(N_("The file {file} was refused; nothing of it was used."), file=file), told)
