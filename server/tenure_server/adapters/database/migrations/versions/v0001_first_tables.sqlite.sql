CREATE TABLE device_visit (
  municipality_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  visit INTEGER NOT NULL,
  seen_at TEXT NOT NULL,
  agent_version TEXT NOT NULL,
  keys_number INTEGER NOT NULL,
  held_seq INTEGER,
  held_digest TEXT,
  locked BOOLEAN NOT NULL,
  lock_id TEXT,
  by_lease BOOLEAN NOT NULL,
  digests TEXT NOT NULL,
  clock_trusted TEXT,
  clock_wall TEXT NOT NULL,
  CONSTRAINT pk_device_visit PRIMARY KEY (municipality_id, device_id)
)

CREATE TABLE municipality (
  municipality_id TEXT NOT NULL,
  name TEXT NOT NULL,
  audience TEXT NOT NULL,
  policy TEXT NOT NULL,
  log_origin TEXT NOT NULL,
  rolled_back_at TEXT,
  register_date TEXT,
  CONSTRAINT pk_municipality PRIMARY KEY (municipality_id)
)

CREATE TABLE agreement (
  row_id INTEGER NOT NULL,
  municipality_id TEXT NOT NULL,
  location_id TEXT NOT NULL,
  reference TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  register_row INTEGER,
  recorded_from TEXT NOT NULL,
  recorded_to TEXT,
  CONSTRAINT pk_agreement PRIMARY KEY (row_id),
  CONSTRAINT fk_agreement_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_agreement_current ON agreement (municipality_id, location_id, reference, valid_from) WHERE recorded_to IS NULL

CREATE TABLE asset (
  municipality_id TEXT NOT NULL,
  serial TEXT NOT NULL,
  model TEXT NOT NULL,
  kind TEXT NOT NULL,
  purchase_price_eur TEXT,
  purchase_price_vat_eur TEXT,
  lease_end DATE,
  CONSTRAINT pk_asset PRIMARY KEY (municipality_id, serial),
  CONSTRAINT fk_asset_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE audit_checkpoint (
  row_id INTEGER NOT NULL,
  municipality_id TEXT NOT NULL,
  size INTEGER NOT NULL,
  at TEXT NOT NULL,
  document BLOB NOT NULL,
  CONSTRAINT pk_audit_checkpoint PRIMARY KEY (row_id),
  CONSTRAINT fk_audit_checkpoint_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE audit_entry (
  municipality_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  fields TEXT NOT NULL,
  body BLOB NOT NULL,
  leaf BLOB NOT NULL,
  CONSTRAINT pk_audit_entry PRIMARY KEY (municipality_id, position),
  CONSTRAINT fk_audit_entry_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE INDEX ix_audit_entry_subject ON audit_entry (municipality_id, subject, position)

CREATE TABLE body (
  row_id INTEGER NOT NULL,
  municipality_id TEXT NOT NULL,
  body_id TEXT NOT NULL,
  type TEXT NOT NULL,
  name_fi TEXT NOT NULL,
  name_sv TEXT NOT NULL,
  recorded_from TEXT NOT NULL,
  recorded_to TEXT,
  CONSTRAINT pk_body PRIMARY KEY (row_id),
  CONSTRAINT fk_body_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_body_current ON body (municipality_id, body_id) WHERE recorded_to IS NULL

CREATE TABLE claim (
  municipality_id TEXT NOT NULL,
  work TEXT NOT NULL,
  slot TEXT NOT NULL,
  at TEXT NOT NULL,
  CONSTRAINT pk_claim PRIMARY KEY (municipality_id, work, slot),
  CONSTRAINT fk_claim_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE commitment (
  row_id INTEGER NOT NULL,
  municipality_id TEXT NOT NULL,
  serial TEXT NOT NULL,
  signer TEXT NOT NULL,
  version TEXT NOT NULL,
  language TEXT NOT NULL,
  text TEXT NOT NULL,
  signed_at TEXT NOT NULL,
  CONSTRAINT pk_commitment PRIMARY KEY (row_id),
  CONSTRAINT fk_commitment_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE INDEX ix_commitment_serial ON commitment (municipality_id, serial)

CREATE TABLE custody (
  row_id INTEGER NOT NULL,
  municipality_id TEXT NOT NULL,
  serial TEXT NOT NULL,
  holder_type TEXT NOT NULL,
  holder TEXT NOT NULL,
  kind TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  reason TEXT,
  register_row INTEGER,
  recorded_from TEXT NOT NULL,
  recorded_to TEXT,
  CONSTRAINT pk_custody PRIMARY KEY (row_id),
  CONSTRAINT fk_custody_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_custody_current ON custody (municipality_id, serial, holder_type, holder, kind, valid_from) WHERE recorded_to IS NULL

CREATE TABLE device (
  municipality_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  serial TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  "key" TEXT NOT NULL,
  public_key TEXT NOT NULL,
  key_protection TEXT NOT NULL,
  platform TEXT NOT NULL,
  model TEXT NOT NULL,
  enrolled_at TEXT NOT NULL,
  revoked_at TEXT,
  needs_person BOOLEAN NOT NULL,
  seq INTEGER NOT NULL,
  news INTEGER NOT NULL,
  news_mark INTEGER NOT NULL,
  document_digests TEXT NOT NULL,
  CONSTRAINT pk_device PRIMARY KEY (municipality_id, device_id),
  CONSTRAINT uq_device_municipality_id_serial UNIQUE (municipality_id, serial),
  CONSTRAINT fk_device_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE INDEX ix_device_news_mark ON device (municipality_id, news_mark)

CREATE TABLE enrol_token (
  municipality_id TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  serial TEXT,
  expires TEXT NOT NULL,
  used_at TEXT,
  CONSTRAINT pk_enrol_token PRIMARY KEY (municipality_id, token_hash),
  CONSTRAINT fk_enrol_token_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE hold (
  row_id INTEGER NOT NULL,
  municipality_id TEXT NOT NULL,
  subject_type TEXT NOT NULL,
  subject TEXT NOT NULL,
  kind TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  reference TEXT NOT NULL,
  register_row INTEGER,
  recorded_from TEXT NOT NULL,
  recorded_to TEXT,
  CONSTRAINT pk_hold PRIMARY KEY (row_id),
  CONSTRAINT fk_hold_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_hold_current ON hold (municipality_id, subject_type, subject, kind, valid_from) WHERE recorded_to IS NULL

CREATE TABLE keys_document (
  municipality_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  document BLOB NOT NULL,
  signed BLOB NOT NULL,
  CONSTRAINT pk_keys_document PRIMARY KEY (municipality_id, number),
  CONSTRAINT fk_keys_document_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE lifecycle_case (
  municipality_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  serial TEXT NOT NULL,
  holder TEXT NOT NULL,
  lock_id TEXT NOT NULL,
  ends_at TEXT,
  rule TEXT NOT NULL,
  decision TEXT NOT NULL,
  status TEXT NOT NULL,
  opened_at TEXT NOT NULL,
  CONSTRAINT pk_lifecycle_case PRIMARY KEY (municipality_id, case_id),
  CONSTRAINT fk_lifecycle_case_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE INDEX ix_lifecycle_case_serial ON lifecycle_case (municipality_id, serial)

CREATE TABLE mandate (
  row_id INTEGER NOT NULL,
  municipality_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  body_id TEXT NOT NULL,
  body_type TEXT NOT NULL,
  seat TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  basis TEXT,
  status TEXT NOT NULL,
  decision_ref TEXT NOT NULL,
  end_decision_ref TEXT NOT NULL,
  deputy_for TEXT,
  deputy_rank INTEGER,
  laptop_choice TEXT NOT NULL,
  is_employee BOOLEAN NOT NULL,
  quarantined BOOLEAN NOT NULL,
  register_row INTEGER,
  recorded_from TEXT NOT NULL,
  recorded_to TEXT,
  CONSTRAINT pk_mandate PRIMARY KEY (row_id),
  CONSTRAINT fk_mandate_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_mandate_current ON mandate (municipality_id, person_id, body_id, seat, valid_from) WHERE recorded_to IS NULL

CREATE TABLE manifest (
  municipality_id TEXT NOT NULL,
  manifest_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  status TEXT NOT NULL,
  campaign BOOLEAN NOT NULL,
  prepared_at TEXT NOT NULL,
  approvals TEXT NOT NULL,
  document BLOB NOT NULL,
  CONSTRAINT pk_manifest PRIMARY KEY (municipality_id, manifest_id),
  CONSTRAINT fk_manifest_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE municipality_head (
  municipality_id TEXT NOT NULL,
  audit_size INTEGER NOT NULL,
  news_mark INTEGER NOT NULL,
  keys_number INTEGER NOT NULL,
  register_mark INTEGER NOT NULL,
  CONSTRAINT pk_municipality_head PRIMARY KEY (municipality_id),
  CONSTRAINT fk_municipality_head_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE person (
  row_id INTEGER NOT NULL,
  municipality_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  given_name TEXT NOT NULL,
  family_name TEXT NOT NULL,
  email_city TEXT NOT NULL,
  email_private TEXT NOT NULL,
  phone TEXT NOT NULL,
  language TEXT NOT NULL,
  recorded_from TEXT NOT NULL,
  recorded_to TEXT,
  CONSTRAINT pk_person PRIMARY KEY (row_id),
  CONSTRAINT fk_person_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_person_current ON person (municipality_id, person_id) WHERE recorded_to IS NULL

CREATE TABLE register_import (
  row_id INTEGER NOT NULL,
  municipality_id TEXT NOT NULL,
  at TEXT NOT NULL,
  file_digest TEXT NOT NULL,
  outcome TEXT NOT NULL,
  summary TEXT NOT NULL,
  CONSTRAINT pk_register_import PRIMARY KEY (row_id),
  CONSTRAINT fk_register_import_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE register_remark (
  municipality_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  register_row INTEGER,
  register_column TEXT,
  sentence TEXT NOT NULL,
  params TEXT NOT NULL,
  CONSTRAINT pk_register_remark PRIMARY KEY (municipality_id, position),
  CONSTRAINT fk_register_remark_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE release (
  municipality_id TEXT NOT NULL,
  release_id TEXT NOT NULL,
  manifest_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  lock_id TEXT NOT NULL,
  stored_at TEXT NOT NULL,
  document BLOB NOT NULL,
  CONSTRAINT pk_release PRIMARY KEY (municipality_id, release_id),
  CONSTRAINT uq_release_municipality_id_device_id_epoch_lock_id UNIQUE (municipality_id, device_id, epoch, lock_id),
  CONSTRAINT fk_release_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE session (
  municipality_id TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  user_id TEXT NOT NULL,
  expires TEXT NOT NULL,
  CONSTRAINT pk_session PRIMARY KEY (municipality_id, token_hash),
  CONSTRAINT fk_session_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE sign_in_link (
  municipality_id TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  user_id TEXT NOT NULL,
  expires TEXT NOT NULL,
  used_at TEXT,
  CONSTRAINT pk_sign_in_link PRIMARY KEY (municipality_id, token_hash),
  CONSTRAINT fk_sign_in_link_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE user_account (
  municipality_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  CONSTRAINT pk_user_account PRIMARY KEY (municipality_id, user_id),
  CONSTRAINT fk_user_account_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE device_document (
  municipality_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  document BLOB NOT NULL,
  at TEXT NOT NULL,
  CONSTRAINT pk_device_document PRIMARY KEY (municipality_id, device_id, name),
  CONSTRAINT fk_device_document_device FOREIGN KEY(municipality_id, device_id) REFERENCES device (municipality_id, device_id),
  CONSTRAINT fk_device_document_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE device_key (
  municipality_id TEXT NOT NULL,
  "key" TEXT NOT NULL,
  device_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  CONSTRAINT pk_device_key PRIMARY KEY (municipality_id, "key"),
  CONSTRAINT fk_device_key_device FOREIGN KEY(municipality_id, device_id) REFERENCES device (municipality_id, device_id),
  CONSTRAINT fk_device_key_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE directive (
  municipality_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  lock_id TEXT NOT NULL,
  state TEXT NOT NULL,
  lock_at TEXT,
  holder TEXT,
  case_id TEXT,
  digest TEXT NOT NULL,
  plan_digest TEXT NOT NULL,
  issued TEXT NOT NULL,
  document BLOB NOT NULL,
  CONSTRAINT pk_directive PRIMARY KEY (municipality_id, device_id, epoch, seq),
  CONSTRAINT fk_directive_device FOREIGN KEY(municipality_id, device_id) REFERENCES device (municipality_id, device_id),
  CONSTRAINT fk_directive_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE manifest_entry (
  municipality_id TEXT NOT NULL,
  manifest_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  serial TEXT NOT NULL,
  device_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  lock_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  not_before TEXT NOT NULL,
  reason TEXT NOT NULL,
  CONSTRAINT pk_manifest_entry PRIMARY KEY (municipality_id, manifest_id, position),
  CONSTRAINT fk_manifest_entry_manifest FOREIGN KEY(municipality_id, manifest_id) REFERENCES manifest (municipality_id, manifest_id),
  CONSTRAINT fk_manifest_entry_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE receipt (
  municipality_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  number INTEGER NOT NULL,
  act TEXT NOT NULL,
  outcome TEXT NOT NULL,
  lock_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  by_lease BOOLEAN NOT NULL,
  proven BOOLEAN NOT NULL,
  at TEXT NOT NULL,
  received_at TEXT NOT NULL,
  error TEXT NOT NULL,
  document BLOB NOT NULL,
  CONSTRAINT pk_receipt PRIMARY KEY (municipality_id, device_id, epoch, number),
  CONSTRAINT fk_receipt_device FOREIGN KEY(municipality_id, device_id) REFERENCES device (municipality_id, device_id),
  CONSTRAINT fk_receipt_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE refusal (
  row_id INTEGER NOT NULL,
  municipality_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  refusal TEXT NOT NULL,
  detail TEXT NOT NULL,
  detail_digest TEXT NOT NULL,
  alarm BOOLEAN NOT NULL,
  at TEXT NOT NULL,
  received_at TEXT NOT NULL,
  CONSTRAINT pk_refusal PRIMARY KEY (row_id),
  CONSTRAINT fk_refusal_device FOREIGN KEY(municipality_id, device_id) REFERENCES device (municipality_id, device_id),
  CONSTRAINT uq_refusal_municipality_id_device_id_at_refusal_detail_digest UNIQUE (municipality_id, device_id, at, refusal, detail_digest),
  CONSTRAINT fk_refusal_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END

CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
