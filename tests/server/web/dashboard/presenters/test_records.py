from dataclasses import replace

import pytest

from fakes.dashboard import HELSINKI, LAPTOPS, NOW, page
from tenure_server.language import translator
from tenure_server.usecases.views import AuditRow, Reported
from tenure_server.web.dashboard.presenters import records
from tenure_server.web.dashboard.presenters.moments import Scribe

FINNISH = Scribe(speak=translator("fi"), zone=HELSINKI, now=NOW)
ENTRY = AuditRow(position=7, at=NOW, action="directive_signed", actor="server", leaf="ab" * 32)


@pytest.mark.parametrize(
    ("value", "shown", "whole"),
    [
        ("ab" * 32, "abababababab…", "ab" * 32),
        ("2029-05-31 21:00:00+00:00", "1.6.2029 klo 0.00", ""),
        ("2029-05-31T21:00:00Z", "1.6.2029 klo 0.00", ""),
        ("KV 9.6.2025 § 21", "KV 9.6.2025 § 21", ""),
        ("TS-0001", "TS-0001", ""),
    ],
)
def test_the_details_of_an_entry_are_written_to_be_read(value, shown, whole):
    fact = records.audit(replace(ENTRY, details={"it": value}), FINNISH).details[0]
    assert (fact.value, fact.whole) == (shown, whole)


def test_a_receipts_error_goes_before_how_it_locked():
    laptop = next(row for row in LAPTOPS if row.reported is Reported.UNPROVEN)
    newest, oldest = page(laptop, NOW).receipts
    assert records.receipt(newest, FINNISH).remark == "power lost during luksErase"
    assert records.receipt(oldest, FINNISH).remark == "oman määräaikansa mukaan"


def test_a_reason_without_the_readers_language_is_said_in_english():
    laptop = next(row for row in LAPTOPS if row.reported is Reported.LOCKED)
    directive = replace(page(laptop, NOW).directives[0], reason={"en": "Return it."})
    assert records.directive(directive, FINNISH).reason == "Return it."
