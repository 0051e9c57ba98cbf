"""Opens a file that somebody brought, tells by its content what it is, and reads it into a table.

Nothing is believed of a name: an export called `.csv` may be a workbook. A file that is too large is refused
by its size, before anything of it is read.
"""

import os
import stat
from datetime import tzinfo
from pathlib import Path

from tenure_server.adapters.files.csv_table import read_csv
from tenure_server.adapters.files.file_limits import LIMITS, FileLimits
from tenure_server.adapters.files.refusals import finding, refusal
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.table import Table

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_COMPOUND = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MEGABYTE = 2**20


def read_table(path: Path, zone: tzinfo, *, sheet: str = "", limits: FileLimits = LIMITS) -> Table:
    """Read a file; times of day in a workbook are the zone's.

    Raises:
        InputError: It cannot be read whole; every fault is in its findings.
    """
    data = _content(path, limits)
    if data.startswith(_COMPOUND):
        raise refusal(path.name, finding(path.name, None, _why_not(data)))
    if data.startswith(_ZIP):
        from tenure_server.adapters.files.xlsx_table import read_xlsx  # openpyxl is slow to import

        return read_xlsx(path.name, data, zone, sheet=sheet, limits=limits)
    return read_csv(path.name, data, limits)


def _content(path: Path, limits: FileLimits) -> bytes:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_size > limits.file_bytes:
                raise refusal(path.name, finding(path.name, None, _too_large(limits)))
            data = file.read(limits.file_bytes + 1)
    except OSError as error:
        why = say(N_("The file cannot be opened: {why}."), why=error.strerror)
        raise refusal(path.name, finding(path.name, None, why)) from error
    if len(data) > limits.file_bytes:
        raise refusal(path.name, finding(path.name, None, _too_large(limits)))
    return data


def _too_large(limits: FileLimits) -> Message:
    sentence = N_("The file is larger than {most} MB: a register is not. Check that it is the right file.")
    return say(sentence, most=limits.file_bytes // _MEGABYTE)


def _why_not(data: bytes) -> Message:
    if _ENCRYPTED in data:
        return say(N_("The workbook has a password: save it without one, or as CSV UTF-8."))
    return say(N_("This is a workbook of the old kind (.xls): save it as .xlsx or as CSV UTF-8."))
