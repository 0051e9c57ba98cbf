"""Which tables there are, on SQLite and PostgreSQL alike; the migrations build exactly these. No queries.

Rules: every table begins its key with the municipality, so nothing crosses between two. Register, custody,
agreements and holds are bitemporal: what was recorded stands in [recorded_from, recorded_to), the current
version has no `recorded_to`. The audit log can only grow: triggers refuse anything else (`audit_guard`).
"""

from sqlalchemy import (
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from tenure_server.adapters.database.column_types import NAME, Money
from tenure_server.adapters.database.table_shapes import (
    bitemporal,
    flag,
    keyed,
    listing,
    mapping,
    metadata,
    moment,
    name,
    number,
    numbered,
    octets,
    words,
)

__all__ = ["metadata"]

municipality = Table(
    "municipality",
    metadata,
    Column("municipality_id", NAME, primary_key=True),
    words("name"),
    words("audience"),
    words("policy"),
    words("log_origin"),
    moment("rolled_back_at", nullable=True),
    moment("register_date", nullable=True),
)

municipality_head = keyed(
    "municipality_head",
    [number("audit_size"), number("news_mark"), number("keys_number"), number("register_mark")],
    key=0,
)
"""The counters that one municipality's writers take from, in the transaction that uses the number."""

person = bitemporal(
    "person",
    [
        name("person_id"),
        words("given_name"),
        words("family_name"),
        words("email_city"),
        words("email_private"),
        words("phone"),
        words("language"),
    ],
    ["person_id"],
)

body = bitemporal("body", [name("body_id"), name("type"), words("name_fi"), words("name_sv")], ["body_id"])

mandate = bitemporal(
    "mandate",
    [
        name("person_id"),
        name("body_id"),
        name("body_type"),
        name("seat"),
        moment("valid_from"),
        moment("valid_to", nullable=True),
        name("basis", nullable=True),
        name("status"),
        words("decision_ref"),
        words("end_decision_ref"),
        name("deputy_for", nullable=True),
        number("deputy_rank", nullable=True),
        name("laptop_choice"),
        flag("is_employee"),
        flag("quarantined"),
        number("register_row", nullable=True),
    ],
    ["person_id", "body_id", "seat", "valid_from"],
)

register_remark = keyed(
    "register_remark",
    [
        number("position"),
        name("kind"),
        number("register_row", nullable=True),
        name("register_column", nullable=True),
        words("sentence"),
        mapping("params"),
    ],
    key=1,
)
"""What the last import said of its rows: quarantined ones and remarks."""

register_import = numbered(
    "register_import",
    [moment("at"), name("file_digest"), name("outcome"), mapping("summary")],
)

asset = keyed(
    "asset",
    [
        name("serial"),
        words("model"),
        name("kind"),
        Column("purchase_price_eur", Money, nullable=True),
        Column("purchase_price_vat_eur", Money, nullable=True),
        Column("lease_end", Date, nullable=True),
    ],
    key=1,
)

custody = bitemporal(
    "custody",
    [
        name("serial"),
        name("holder_type"),
        name("holder"),
        name("kind"),
        moment("valid_from"),
        moment("valid_to", nullable=True),
        name("reason", nullable=True),
        number("register_row", nullable=True),
    ],
    ["serial", "holder_type", "holder", "kind", "valid_from"],
)

agreement = bitemporal(
    "agreement",
    [
        name("location_id"),
        name("reference"),
        moment("valid_from"),
        moment("valid_to", nullable=True),
        number("register_row", nullable=True),
    ],
    ["location_id", "reference", "valid_from"],
)

commitment = numbered(
    "commitment",
    [name("serial"), name("signer"), name("version"), name("language"), words("text"), moment("signed_at")],
    Index("ix_commitment_serial", "municipality_id", "serial"),
)

hold = bitemporal(
    "hold",
    [
        name("subject_type"),
        name("subject"),
        name("kind"),
        moment("valid_from"),
        moment("valid_to", nullable=True),
        words("reference"),
        number("register_row", nullable=True),
    ],
    ["subject_type", "subject", "kind", "valid_from"],
)

stay = bitemporal(
    "stay",
    [
        name("subject_type"),
        name("subject"),
        name("kind"),
        moment("valid_from"),
        moment("valid_to", nullable=True),
        words("reference"),
    ],
    ["subject_type", "subject", "kind", "valid_from"],
)

record = keyed(
    "record",
    [
        name("kind"),
        name("record_id"),
        name("subject"),
        moment("at"),
        flag("is_open"),
        octets("document"),
    ],
    Index("ix_record_subject", "municipality_id", "kind", "subject"),
    Index("ix_record_open", "municipality_id", "kind", "is_open"),
    key=2,
)
"""Small records, each one document; the columns beside it only find it (ADR 0017)."""

device = keyed(
    "device",
    [
        name("device_id"),
        name("serial"),
        number("epoch"),
        name("key"),
        words("public_key"),
        name("key_protection"),
        name("platform"),
        words("model"),
        moment("enrolled_at"),
        moment("revoked_at", nullable=True),
        flag("needs_person"),
        number("seq"),
        number("news"),
        number("news_mark"),
        mapping("document_digests"),
    ],
    UniqueConstraint("municipality_id", "serial"),
    Index("ix_device_news_mark", "municipality_id", "news_mark"),
    key=1,
)
"""`news_mark` is the municipality's count of news when this laptop last got some: "what is new since" is one
range. `document_digests` repeats those of `device_document`, for the hot path."""


def _of_a_device() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["municipality_id", "device_id"], ["device.municipality_id", "device.device_id"]
    )


device_key = keyed("device_key", [name("key"), name("device_id"), number("epoch")], _of_a_device(), key=1)
"""Every key that a laptop has or had; one key never belongs to two."""

device_visit = Table(
    "device_visit",
    metadata,
    name("municipality_id"),
    name("device_id"),
    number("epoch"),
    number("visit"),
    moment("seen_at"),
    words("agent_version"),
    number("keys_number"),
    number("held_seq", nullable=True),
    name("held_digest", nullable=True),
    flag("locked"),
    name("lock_id", nullable=True),
    flag("by_lease"),
    mapping("digests"),
    moment("clock_trusted", nullable=True),
    moment("clock_wall"),
    PrimaryKeyConstraint("municipality_id", "device_id"),
    # Rows are only ever overwritten, and nothing but the key is indexed: half-empty pages keep that in place.
    postgresql_with={"fillfactor": "50"},
)
"""The last visit of each laptop; written by the hot path only, which joins `device` itself."""

device_document = keyed(
    "device_document",
    [name("device_id"), name("name"), name("digest"), octets("document"), moment("at")],
    _of_a_device(),
    key=2,
)

receipt = keyed(
    "receipt",
    [
        name("device_id"),
        number("epoch"),
        number("number"),
        name("act"),
        name("outcome"),
        name("lock_id"),
        number("seq"),
        flag("by_lease"),
        flag("proven"),
        moment("at"),
        moment("received_at"),
        words("error"),
        octets("document"),
    ],
    _of_a_device(),
    key=3,
)

refusal = numbered(
    "refusal",
    [
        name("device_id"),
        name("refusal"),
        words("detail"),
        name("detail_digest"),
        flag("alarm"),
        moment("at"),
        moment("received_at"),
    ],
    _of_a_device(),
    UniqueConstraint("municipality_id", "device_id", "at", "refusal", "detail_digest"),
)

directive = keyed(
    "directive",
    [
        name("device_id"),
        number("epoch"),
        number("seq"),
        name("lock_id"),
        name("state"),
        moment("lock_at", nullable=True),
        name("holder", nullable=True),
        name("case_id", nullable=True),
        name("digest"),
        name("plan_digest"),
        moment("issued"),
        octets("document"),
    ],
    _of_a_device(),
    key=3,
)

keys_document = keyed("keys_document", [number("number"), octets("document"), octets("signed")], key=1)

lifecycle_case = keyed(
    "lifecycle_case",
    [
        name("case_id"),
        name("serial"),
        name("holder"),
        name("lock_id"),
        moment("ends_at", nullable=True),
        name("rule"),
        words("decision"),
        name("status"),
        moment("opened_at"),
    ],
    Index("ix_lifecycle_case_serial", "municipality_id", "serial"),
    key=1,
)

manifest = keyed(
    "manifest",
    [
        name("manifest_id"),
        name("digest"),
        name("status"),
        flag("campaign"),
        moment("prepared_at"),
        listing("approvals"),
        octets("document"),
    ],
    key=1,
)

manifest_entry = keyed(
    "manifest_entry",
    [
        name("manifest_id"),
        number("position"),
        name("serial"),
        name("device_id"),
        number("epoch"),
        name("lock_id"),
        name("case_id"),
        moment("not_before"),
        words("reason"),
    ],
    ForeignKeyConstraint(
        ["municipality_id", "manifest_id"], ["manifest.municipality_id", "manifest.manifest_id"]
    ),
    key=2,
)

release = keyed(
    "release",
    [
        name("release_id"),
        name("manifest_id"),
        name("device_id"),
        number("epoch"),
        name("lock_id"),
        moment("stored_at"),
        octets("document"),
    ],
    UniqueConstraint("municipality_id", "device_id", "epoch", "lock_id"),
    key=1,
)

audit_entry = keyed(
    "audit_entry",
    [
        number("position"),
        moment("at"),
        name("kind"),
        name("subject"),
        mapping("fields"),
        octets("body"),
        octets("leaf"),
    ],
    Index("ix_audit_entry_subject", "municipality_id", "subject", "position"),
    key=1,
)

audit_checkpoint = numbered("audit_checkpoint", [number("size"), moment("at"), octets("document")])

enrol_token = keyed(
    "enrol_token",
    [name("token_hash"), name("serial", nullable=True), moment("expires"), moment("used_at", nullable=True)],
    key=1,
)

user_account = keyed("user_account", [name("user_id"), words("name"), listing("roles")], key=1)

sign_in_link = keyed(
    "sign_in_link",
    [name("token_hash"), name("user_id"), moment("expires"), moment("used_at", nullable=True)],
    key=1,
)

session = keyed("session", [name("token_hash"), name("user_id"), moment("expires")], key=1)

claim = keyed("claim", [name("work"), name("slot"), moment("at")], key=2)
"""Which slots of which scheduled work are taken; written in the transaction that does the work."""
