"""The text of a notice with gaps, as a city may write its own. Pure: no I/O, no clock.

A template's first line is `Subject: ...`, the second is empty, the rest is the text. A gap is a name in
braces. Rules: only the names of its key may stand in a template, and those that its readers need must; a
brace is never anything but a gap; what is filled in is text and never a template itself.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tenure_server.domain.errors import Finding
from tenure_server.domain.message import N_, Message, say

_GAP = re.compile(r"\{([a-z_]+)\}")
_SUBJECT = "Subject: "
LONGEST = 20_000
_LONGEST_SUBJECT = 150
_EVERYWHERE = frozenset({"name", "city", "contact", "phone", "place", "hours", "link"})
_TASKS = frozenset({"tasks", "count", "city", "link"})


class TemplateKey(StrEnum):
    """The texts that can be sent; also the names of their files."""

    T_30 = "T-30"
    T_14 = "T-14"
    T_7 = "T-7"
    T_1 = "T-1"
    AFTER_7 = "T+7"
    AFTER_21 = "T+21"
    M_7 = "M-7"
    RECEIPT = "receipt"
    RECEIPT_PARTS = "receipt-parts"
    OWN_DEVICE = "own-device"
    LOAN_CONFIRM = "loan-confirm"
    LOAN_OVERDUE_HOLDER = "loan-overdue-holder"
    LOAN_OVERDUE_BORROWER = "loan-overdue-borrower"
    LOAN_END_HOLDER = "loan-end-holder"
    LOAN_END_BORROWER = "loan-end-borrower"
    FORWARD_OFF = "forward-off"
    TASKS = "tasks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Which names a template has to use, and which it may."""

    needed: frozenset[str]
    allowed: frozenset[str]


def _gaps(*needed: str, also: tuple[str, ...] = (), everywhere: frozenset[str] = _EVERYWHERE) -> Gaps:
    return Gaps(needed=frozenset(needed), allowed=frozenset(needed) | set(also) | everywhere)


GAPS: Mapping[TemplateKey, Gaps] = {
    TemplateKey.T_30: _gaps("date", "link", also=("role", "laptops")),
    TemplateKey.T_14: _gaps("laptops", "date", also=("role",)),
    TemplateKey.T_7: _gaps("laptops", "date", "time"),
    TemplateKey.T_1: _gaps("laptops", "date", "time"),
    TemplateKey.AFTER_7: _gaps("laptops", "deadline", also=("amount",)),
    TemplateKey.AFTER_21: _gaps("laptops", "deadline", also=("amount",)),
    TemplateKey.M_7: _gaps("address", "date"),
    TemplateKey.RECEIPT: _gaps("laptops", "moment", also=("condition", "missing")),
    TemplateKey.RECEIPT_PARTS: _gaps("laptops", "moment", "missing", also=("condition",)),
    TemplateKey.OWN_DEVICE: _gaps("laptops"),
    TemplateKey.LOAN_CONFIRM: _gaps("laptops", "other", also=("date",)),
    TemplateKey.LOAN_OVERDUE_HOLDER: _gaps("laptops", "other", "date"),
    TemplateKey.LOAN_OVERDUE_BORROWER: _gaps("laptops", "other", "date"),
    TemplateKey.LOAN_END_HOLDER: _gaps("laptops", "other", "date"),
    TemplateKey.LOAN_END_BORROWER: _gaps("laptops", "other", "date"),
    TemplateKey.FORWARD_OFF: _gaps("domains", "date", "decision", "contact", also=("count",)),
    TemplateKey.TASKS: _gaps("tasks", everywhere=_TASKS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text that was checked."""

    key: TemplateKey
    subject: str
    body: str

    @property
    def digest(self) -> str:
        """Return the hex SHA-256 of subject and text."""
        return hashlib.sha256(f"{self.subject}\n\n{self.body}".encode()).hexdigest()


class TemplateError(ValueError):
    """A text that cannot be used, with every fault and its line."""

    def __init__(self, key: TemplateKey, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(f"{found.row}: {found.why}" for found in findings))
        self.key = key
        self.findings = findings


def read_template(key: TemplateKey, text: str, *, file: str = "") -> Template:
    """Read a template.

    Raises:
        TemplateError: With every fault and the line on which it stands.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").rstrip("\n")
    lines = text.split("\n")
    found = [
        Finding(file=file or key.value, row=row, column=None, why=why)
        for row, why in _faults(key, text, lines)
    ]
    if found:
        raise TemplateError(key, tuple(found))
    return Template(
        key=key, subject=lines[0].removeprefix(_SUBJECT).strip(), body="\n".join(lines[2:]) + "\n"
    )


def _faults(key: TemplateKey, text: str, lines: list[str]) -> Iterator[tuple[int, Message]]:
    if len(text) > LONGEST:
        yield 1, say(N_("The text is longer than {most} characters."), most=LONGEST)
        return
    if not lines[0].startswith(_SUBJECT) or not lines[0].removeprefix(_SUBJECT).strip():
        yield 1, say(N_("The first line must be “Subject: ” and what the mail is about."))
    if len(lines[0]) > _LONGEST_SUBJECT:
        yield 1, say(N_("The subject is longer than {most} characters."), most=_LONGEST_SUBJECT)
    if len(lines) < 3 or lines[1].strip():  # noqa: PLR2004 - subject, empty line, text
        yield 2, say(N_("The second line must be empty, and the text follows it."))
    used = set[str]()
    for row, line in enumerate(lines, start=1):
        used.update(_GAP.findall(line))
        yield from ((row, why) for why in _faults_of_line(key, line))
    for name in sorted(GAPS[key].needed - used):
        yield len(lines), say(N_("{{{name}}} is missing: readers need it."), name=name)


def _faults_of_line(key: TemplateKey, line: str) -> Iterator[Message]:
    allowed = GAPS[key].allowed
    for name in _GAP.findall(line):
        if name not in allowed:
            known = ", ".join(sorted(allowed))
            yield say(N_("There is no {{{name}}} here; there are: {known}."), name=name, known=known)
    if "{" in _GAP.sub("", line) or "}" in _GAP.sub("", line):
        yield say(N_("A brace stands alone: a gap is written as {{name}}."))
    if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter != "\t" for letter in line):
        yield say(N_("A control character stands in this line: remove it."))


def fill(template: Template, values: Mapping[str, str]) -> tuple[str, str]:
    """Return subject and text with the gaps filled; a subject stays one line whatever is filled in."""
    subject = _GAP.sub(lambda gap: one_line(values.get(gap[1], "")), template.subject)
    body = _GAP.sub(lambda gap: _printable(values.get(gap[1], "")), template.body)
    return one_line(subject), body


def one_line(text: str) -> str:
    """Return the text on one line, without anything that could end it or turn it round."""
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    return "".join(
        letter
        for letter in text
        if letter in "\n\t" or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )
