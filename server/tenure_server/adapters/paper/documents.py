"""Turns a receipt, a commitment or a statement into a PDF/UA-1 document; decides nothing, keeps nothing.

The same record gives the same bytes: no clock and no name of this machine gets into the file.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import typst
import yaml
from babel.dates import format_datetime

from tenure_server.domain.commitment import Commitment
from tenure_server.domain.custody import HolderType
from tenure_server.domain.own_device import OwnDeviceStatement
from tenure_server.domain.return_receipt import ReturnReceipt

Block = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What every document says of its municipality."""

    city: str
    zone: ZoneInfo


def receipt_sentence(head: Letterhead, receipt: ReturnReceipt) -> str:
    """Return the receipt as one text, for a message or a screen."""
    words = _words(receipt.language)
    own = words["receipt"]
    if receipt.missing:
        duty = own["parts_owed"]
    elif receipt.into is HolderType.STOCK:
        duty = own["duty_met"]
    else:
        duty = own["carried"].format(taker=own["takers"][receipt.into.value])
    return str(own["sentence"]).format(
        serial=receipt.serial,
        moment=_moment(head, receipt.moment, receipt.language),
        condition=receipt.condition or words["not_noted"],
        missing=_missing(receipt),
        duty=duty,
    )


def receipt_pdf(head: Letterhead, receipt: ReturnReceipt, *, holder: str) -> bytes:
    """Print a return receipt; `holder` is the returner's name, or id."""
    words = _words(receipt.language)
    names, own = words["receipt"]["facts"], words["receipt"]
    values = {
        "serial": receipt.serial,
        "holder": holder,
        "moment": _moment(head, receipt.moment, receipt.language),
        "registered": _moment(head, receipt.registered_at, receipt.language),
        "condition": receipt.condition or words["not_noted"],
        "missing": _missing(receipt),
        "received_by": receipt.received_by,
    }
    blocks = [
        _block("paragraph", receipt_sentence(head, receipt)),
        *(_block("fact", value, names[name]) for name, value in values.items() if value),
    ]
    return _pdf(head, receipt.language, own["title"].format(number=receipt.number), blocks, foot="")


def commitment_pdf(head: Letterhead, commitment: Commitment, *, signer: str) -> bytes:
    """Print what somebody signed for a laptop: the exact text, its version, who and when."""
    own = _words(commitment.language)["commitment"]
    values = {
        "serial": commitment.serial,
        "signer": signer,
        "signed": _moment(head, commitment.signed_at, commitment.language),
        "version": commitment.version,
    }
    blocks = [*_text(commitment.text), *_facts(own, values)]
    foot = own["foot"].format(digest=commitment.digest)
    return _pdf(head, commitment.language, own["title"], blocks, foot=foot)


def statement_pdf(head: Letterhead, statement: OwnDeviceStatement, *, signer: str) -> bytes:
    """Print what somebody stated of a computer of their own."""
    words = _words(statement.language)
    own = words["commitment"]
    values = {
        "signer": signer,
        "signed": _moment(head, statement.signed_at, statement.language),
        "version": statement.version,
    }
    blocks = [*_text(statement.text), *_facts(own, values)]
    foot = own["foot"].format(digest=statement.digest)
    return _pdf(head, statement.language, words["statement"]["title"], blocks, foot=foot)


@cache
def _all_words() -> Any:
    return yaml.safe_load(resources.files(__package__).joinpath("words.yaml").read_bytes())


def _words(language: str) -> Any:
    return _all_words()[language]


def _moment(head: Letterhead, at: datetime, language: str) -> str:
    local = at.astimezone(head.zone).replace(tzinfo=None)
    return format_datetime(local, _words(language)["moment"], locale=language)


def _missing(receipt: ReturnReceipt) -> str:
    words = _words(receipt.language)
    return ", ".join(words["parts"][part.value] for part in receipt.missing) or str(words["nothing"])


def _facts(own: Any, values: dict[str, str]) -> Iterator[Block]:
    return (_block("fact", value, own["facts"][name]) for name, value in values.items())


def _text(text: str) -> Iterator[Block]:
    """Cut a text into headings, list items and paragraphs; every other character stays as it is."""
    gathered: list[str] = []
    for line in [*text.removeprefix("\ufeff").splitlines(), ""]:
        kind = "heading" if line.startswith("#") else "item" if line.startswith(("- ", "* ")) else ""
        if (kind or not line.strip()) and gathered:
            yield _block("paragraph", " ".join(gathered))
            gathered = []
        if kind:
            yield _block(kind, line.lstrip("#").strip() if kind == "heading" else line[2:].strip())
        elif line.strip():
            gathered.append(line.strip())


def _block(kind: str, text: str, name: str = "") -> Block:
    return {"kind": kind, "text": text, "name": name}


def _pdf(head: Letterhead, language: str, title: str, blocks: list[Block], *, foot: str) -> bytes:
    page = {"language": language, "title": title, "city": head.city, "blocks": blocks, "foot": foot}
    return typst.compile(
        resources.files(__package__).joinpath("page.typ").read_bytes(),
        sys_inputs={"page": json.dumps(page)},
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
    )
