"""The allow-listed inventory: documents in canonical JSON, each with its digest.

A document leaves the laptop only when its digest differs from the one the server holds. A section that this
laptop cannot answer is null, so that "none" and "cannot tell" stay apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tenure_agent.errors import TableError
from tenure_policies.facts import DOCUMENTS, Section

if TYPE_CHECKING:
    from tenure_agent.ports import Row, Tables
    from tenure_policies.document import DevicePolicy

Value = str | int | None
Document = dict[str, dict[str, Value] | list[dict[str, Value]] | None]
"""Section -> its one answer, its list of answers, or null."""


def inventory(tables: Tables) -> dict[str, Document]:
    """Ask the tables for every inventory document."""
    return {
        name: {section.name: _answer(tables, section) for section in sections}
        for name, sections in DOCUMENTS.items()
    }


def _answer(tables: Tables, section: Section) -> dict[str, Value] | list[dict[str, Value]] | None:
    try:
        rows = tables.query(section.sql)
    except TableError:
        return None
    values = [_typed(row, section) for row in rows]
    if section.one:
        return values[0] if values else None
    return values


def _typed(row: Row, section: Section) -> dict[str, Value]:
    return {
        column: (_number(text) if column in section.integers else text) if text else None
        for column, text in row.items()
    }


def _number(text: str) -> int | None:
    return int(text) if text.lstrip("-").isdecimal() else None


def verdicts(policies: Iterable[DevicePolicy], tables: Tables, platform: str) -> Document:
    """Make the document of the policies' verdicts: policy -> verdict and reason, never a row or a count."""
    from tenure_agent.adapters.policy_check import check

    return {
        verdict.policy: {"verdict": verdict.outcome.value, "reason": verdict.reason.value}
        for verdict in check(policies, tables, platform)
    }


def observe(policies: Iterable[DevicePolicy], tables: Tables, platform: str) -> dict[str, bytes]:
    """Write all that a visit may send, by document: the inventory and the verdicts of policies."""
    documents = {**inventory(tables), "verdicts": verdicts(policies, tables, platform)}
    return {name: canonical(document) for name, document in documents.items()}


def canonical(document: Mapping[str, object]) -> bytes:
    """Write a document so that equal documents are equal bytes: sorted keys, no spaces, UTF-8."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(document: Mapping[str, object]) -> str:
    """Return a document's SHA-256 over its canonical JSON, in hex."""
    return hashlib.sha256(canonical(document)).hexdigest()


def digests(documents: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Return the digest of each document by its name."""
    return {name: digest(document) for name, document in documents.items()}
