"""Which tables there are, on SQLite and PostgreSQL alike; the migrations build exactly these. No queries.

Rules: every table begins its key with the municipality, so nothing crosses between two. Register, custody,
agreements and holds are bitemporal: what was recorded stands in [recorded_from, recorded_to), the current
version has no `recorded_to`. The audit log can only grow: triggers refuse anything else (`audit_guard`).
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from tenure_server.adapters.database.column_types import NAME, NUMBER, Money, TextList, TextMap, UtcTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _name(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, NAME, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, NUMBER, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, UtcTime, nullable=nullable)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False)


def _bytes(name: str) -> Column[Any]:
    return Column(name, LargeBinary, nullable=False)


def _keyed(name: str, columns: list[Column[Any]], *rest: Any, key: int) -> Table:
    """A table whose key is the municipality and the first `key` columns."""
    owner = _name("municipality_id")
    return Table(
        name,
        metadata,
        owner,
        *columns,
        PrimaryKeyConstraint("municipality_id", *(column.name for column in columns[:key])),
        ForeignKeyConstraint(["municipality_id"], ["municipality.municipality_id"]),
        *rest,
    )


def _numbered(name: str, columns: list[Column[Any]], *rest: Any) -> Table:
    """A table whose rows are numbered by the database as they come."""
    return Table(
        name,
        metadata,
        Column("row_id", NUMBER, Identity(always=True), primary_key=True),
        _name("municipality_id"),
        *columns,
        ForeignKeyConstraint(["municipality_id"], ["municipality.municipality_id"]),
        *rest,
    )


def _bitemporal(name: str, columns: list[Column[Any]], current: list[str]) -> Table:
    """A numbered table of which one version for each `current` key is the current one."""
    table = _numbered(name, [*columns, _time("recorded_from"), _time("recorded_to", nullable=True)])
    Index(
        f"uq_{name}_current",
        *(table.c[column] for column in ("municipality_id", *current)),
        unique=True,
        sqlite_where=text("recorded_to IS NULL"),
        postgresql_where=text("recorded_to IS NULL"),
    )
    return table


municipality = Table(
    "municipality",
    metadata,
    Column("municipality_id", NAME, primary_key=True),
    _text("name"),
    _text("audience"),
    _text("policy"),
    _text("log_origin"),
    _time("rolled_back_at", nullable=True),
    _time("register_date", nullable=True),
)

municipality_head = _keyed(
    "municipality_head",
    [_number("audit_size"), _number("news_mark"), _number("keys_number")],
    key=0,
)
"""The counters that one municipality's writers take from, in the transaction that uses the number."""

person = _bitemporal(
    "person",
    [
        _name("person_id"),
        _text("given_name"),
        _text("family_name"),
        _text("email_city"),
        _text("email_private"),
        _text("phone"),
        _text("language"),
    ],
    ["person_id"],
)

body = _bitemporal("body", [_name("body_id"), _name("type"), _text("name_fi"), _text("name_sv")], ["body_id"])

mandate = _bitemporal(
    "mandate",
    [
        _name("person_id"),
        _name("body_id"),
        _name("body_type"),
        _name("seat"),
        _time("valid_from"),
        _time("valid_to", nullable=True),
        _name("basis", nullable=True),
        _name("status"),
        _text("decision_ref"),
        _text("end_decision_ref"),
        _name("deputy_for", nullable=True),
        _number("deputy_rank", nullable=True),
        _name("laptop_choice"),
        _flag("is_employee"),
        _flag("quarantined"),
        _number("register_row", nullable=True),
    ],
    ["person_id", "body_id", "seat", "valid_from"],
)

register_remark = _keyed(
    "register_remark",
    [
        _number("position"),
        _name("kind"),
        _number("register_row", nullable=True),
        _name("register_column", nullable=True),
        _text("sentence"),
        Column("params", TextMap, nullable=False),
    ],
    key=1,
)
"""What the last import said of its rows: quarantined ones and remarks."""

register_import = _numbered(
    "register_import",
    [_time("at"), _name("file_digest"), _name("outcome"), Column("summary", TextMap, nullable=False)],
)

asset = _keyed(
    "asset",
    [
        _name("serial"),
        _text("model"),
        _name("kind"),
        Column("purchase_price_eur", Money, nullable=True),
        Column("purchase_price_vat_eur", Money, nullable=True),
        Column("lease_end", Date, nullable=True),
    ],
    key=1,
)

custody = _bitemporal(
    "custody",
    [
        _name("serial"),
        _name("holder_type"),
        _name("holder"),
        _name("kind"),
        _time("valid_from"),
        _time("valid_to", nullable=True),
        _name("reason", nullable=True),
        _number("register_row", nullable=True),
    ],
    ["serial", "holder_type", "holder", "kind", "valid_from"],
)

agreement = _bitemporal(
    "agreement",
    [
        _name("location_id"),
        _name("reference"),
        _time("valid_from"),
        _time("valid_to", nullable=True),
        _number("register_row", nullable=True),
    ],
    ["location_id", "reference", "valid_from"],
)

hold = _bitemporal(
    "hold",
    [
        _name("subject_type"),
        _name("subject"),
        _name("kind"),
        _time("valid_from"),
        _time("valid_to", nullable=True),
        _text("reference"),
        _number("register_row", nullable=True),
    ],
    ["subject_type", "subject", "kind", "valid_from"],
)

device = _keyed(
    "device",
    [
        _name("device_id"),
        _name("serial"),
        _number("epoch"),
        _name("key"),
        _text("public_key"),
        _name("key_protection"),
        _name("platform"),
        _text("model"),
        _time("enrolled_at"),
        _time("revoked_at", nullable=True),
        _flag("needs_person"),
        _number("seq"),
        _number("news"),
        _number("news_mark"),
        Column("document_digests", TextMap, nullable=False),
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


device_key = _keyed("device_key", [_name("key"), _name("device_id"), _number("epoch")], _of_a_device(), key=1)
"""Every key that a laptop has or had; one key never belongs to two."""

device_visit = Table(
    "device_visit",
    metadata,
    _name("municipality_id"),
    _name("device_id"),
    _number("epoch"),
    _number("visit"),
    _time("seen_at"),
    _text("agent_version"),
    _number("keys_number"),
    _number("held_seq", nullable=True),
    _name("held_digest", nullable=True),
    _flag("locked"),
    _name("lock_id", nullable=True),
    _flag("by_lease"),
    Column("digests", TextMap, nullable=False),
    _time("clock_trusted", nullable=True),
    _time("clock_wall"),
    PrimaryKeyConstraint("municipality_id", "device_id"),
    # Rows are only ever overwritten, and nothing but the key is indexed: half-empty pages keep that in place.
    postgresql_with={"fillfactor": "50"},
)
"""The last visit of each laptop; written by the hot path only, which joins `device` itself."""

device_document = _keyed(
    "device_document",
    [_name("device_id"), _name("name"), _name("digest"), _bytes("document"), _time("at")],
    _of_a_device(),
    key=2,
)

receipt = _keyed(
    "receipt",
    [
        _name("device_id"),
        _number("epoch"),
        _number("number"),
        _name("act"),
        _name("outcome"),
        _name("lock_id"),
        _number("seq"),
        _flag("by_lease"),
        _flag("proven"),
        _time("at"),
        _time("received_at"),
        _text("error"),
        _bytes("document"),
    ],
    _of_a_device(),
    key=3,
)

refusal = _numbered(
    "refusal",
    [
        _name("device_id"),
        _name("refusal"),
        _text("detail"),
        _name("detail_digest"),
        _flag("alarm"),
        _time("at"),
        _time("received_at"),
    ],
    _of_a_device(),
    UniqueConstraint("municipality_id", "device_id", "at", "refusal", "detail_digest"),
)

directive = _keyed(
    "directive",
    [
        _name("device_id"),
        _number("epoch"),
        _number("seq"),
        _name("lock_id"),
        _name("state"),
        _time("lock_at", nullable=True),
        _name("holder", nullable=True),
        _name("case_id", nullable=True),
        _name("digest"),
        _name("plan_digest"),
        _time("issued"),
        _bytes("document"),
    ],
    _of_a_device(),
    key=3,
)

keys_document = _keyed("keys_document", [_number("number"), _bytes("document"), _bytes("signed")], key=1)

lifecycle_case = _keyed(
    "lifecycle_case",
    [
        _name("case_id"),
        _name("serial"),
        _name("holder"),
        _name("lock_id"),
        _time("ends_at", nullable=True),
        _name("rule"),
        _text("decision"),
        _name("status"),
        _time("opened_at"),
    ],
    Index("ix_lifecycle_case_serial", "municipality_id", "serial"),
    key=1,
)

manifest = _keyed(
    "manifest",
    [
        _name("manifest_id"),
        _name("digest"),
        _name("status"),
        _flag("campaign"),
        _time("prepared_at"),
        Column("approvals", TextList, nullable=False),
        _bytes("document"),
    ],
    key=1,
)

manifest_entry = _keyed(
    "manifest_entry",
    [
        _name("manifest_id"),
        _number("position"),
        _name("serial"),
        _name("device_id"),
        _number("epoch"),
        _name("lock_id"),
        _name("case_id"),
        _time("not_before"),
        _text("reason"),
    ],
    ForeignKeyConstraint(
        ["municipality_id", "manifest_id"], ["manifest.municipality_id", "manifest.manifest_id"]
    ),
    key=2,
)

release = _keyed(
    "release",
    [
        _name("release_id"),
        _name("manifest_id"),
        _name("device_id"),
        _number("epoch"),
        _name("lock_id"),
        _time("stored_at"),
        _bytes("document"),
    ],
    UniqueConstraint("municipality_id", "device_id", "epoch", "lock_id"),
    key=1,
)

audit_entry = _keyed(
    "audit_entry",
    [
        _number("position"),
        _time("at"),
        _name("kind"),
        _name("subject"),
        Column("fields", TextMap, nullable=False),
        _bytes("body"),
        _bytes("leaf"),
    ],
    Index("ix_audit_entry_subject", "municipality_id", "subject", "position"),
    key=1,
)

audit_checkpoint = _numbered("audit_checkpoint", [_number("size"), _time("at"), _bytes("document")])

enrol_token = _keyed(
    "enrol_token",
    [
        _name("token_hash"),
        _name("serial", nullable=True),
        _time("expires"),
        _time("used_at", nullable=True),
    ],
    key=1,
)

user_account = _keyed(
    "user_account", [_name("user_id"), _text("name"), Column("roles", TextList, nullable=False)], key=1
)

sign_in_link = _keyed(
    "sign_in_link",
    [_name("token_hash"), _name("user_id"), _time("expires"), _time("used_at", nullable=True)],
    key=1,
)

session = _keyed("session", [_name("token_hash"), _name("user_id"), _time("expires")], key=1)

claim = _keyed("claim", [_name("work"), _name("slot"), _time("at")], key=2)
"""Which slots of which scheduled work are taken; written in the transaction that does the work."""
