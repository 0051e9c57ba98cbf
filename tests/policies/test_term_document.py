import json
import re
from datetime import date
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

from tenure_policies.term_document import (
    PolicyFault,
    TermDocument,
    TermPolicyError,
    read_term_document,
    term_policy_schema,
)

PUBLISHED = Path(__file__).parents[2] / "docs" / "policies" / "term-policy.schema.json"
SHIPPED = resources.files("tenure_policies.catalog").joinpath("term_end.yaml")


def test_the_published_schema_is_the_one_that_the_types_give() -> None:
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == json.loads(json.dumps(term_policy_schema()))


def test_the_shipped_policy_keeps_to_the_published_schema() -> None:
    # JSON has no dates: what YAML reads as a date is text there.
    document = json.loads(json.dumps(yaml.safe_load(SHIPPED.read_bytes()), default=str))
    jsonschema.validate(document, term_policy_schema())


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    for document in ({"wipe_afer": "P1D"}, {"wipe_after": "P1M"}, {"campaign_over": -1}, {"status": "x"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, term_policy_schema())
        with pytest.raises(TermPolicyError):
            read_term_document(json.dumps(document).encode())


def test_an_unknown_key_is_named_with_where_it_stands() -> None:
    with pytest.raises(TermPolicyError) as refusal:
        read_term_document(b"mailbox: {bodies: [], seat: []}")
    assert (refusal.value.fault, refusal.value.key) == (PolicyFault.UNKNOWN_KEY, "mailbox.seat")


def test_a_day_may_stand_in_quotes_and_a_version_may_be_a_day() -> None:
    quoted = read_term_document(b'{"version": "2025-04-23", "holidays": ["2029-07-02"]}')
    bare = read_term_document(b"version: 2025-04-23\nholidays: [2029-07-02]\n")
    assert quoted == bare
    assert (bare.version, bare.holidays) == ("2025-04-23", (date(2029, 7, 2),))


@pytest.mark.parametrize("day", [b"2029-02-30", b"soon", b"5"])
def test_what_is_no_day_is_refused_with_its_key(day: bytes) -> None:
    with pytest.raises(TermPolicyError) as refusal:
        read_term_document(b"holidays: [" + day + b"]")
    assert refusal.value.key in {"holidays[0]", ""}


def test_every_key_is_documented_with_its_default() -> None:
    text = PUBLISHED.with_name("term-policy.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))
    assert documented == set(TermDocument.__struct_fields__)
    for key in ("zone", "wipe_after", "campaign_over", "register_fresh_days", "status"):
        assert f"| `{key}` | `{getattr(TermDocument(), key)}` |" in text
