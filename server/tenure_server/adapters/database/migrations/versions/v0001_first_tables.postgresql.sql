CREATE TABLE device_visit (
  municipality_id TEXT COLLATE "C" NOT NULL,
  device_id TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL,
  visit BIGINT NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
  agent_version TEXT NOT NULL,
  keys_number BIGINT NOT NULL,
  held_seq BIGINT,
  held_digest TEXT COLLATE "C",
  locked BOOLEAN NOT NULL,
  lock_id TEXT COLLATE "C",
  by_lease BOOLEAN NOT NULL,
  digests TEXT NOT NULL,
  clock_trusted TIMESTAMP WITH TIME ZONE,
  clock_wall TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_device_visit PRIMARY KEY (municipality_id, device_id)
)
 WITH (fillfactor = 50)

CREATE TABLE municipality (
  municipality_id TEXT COLLATE "C" NOT NULL,
  name TEXT NOT NULL,
  audience TEXT NOT NULL,
  policy TEXT NOT NULL,
  log_origin TEXT NOT NULL,
  rolled_back_at TIMESTAMP WITH TIME ZONE,
  register_date TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_municipality PRIMARY KEY (municipality_id)
)

CREATE TABLE agreement (
  row_id BIGINT GENERATED ALWAYS AS IDENTITY,
  municipality_id TEXT COLLATE "C" NOT NULL,
  location_id TEXT COLLATE "C" NOT NULL,
  reference TEXT COLLATE "C" NOT NULL,
  valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
  valid_to TIMESTAMP WITH TIME ZONE,
  register_row BIGINT,
  recorded_from TIMESTAMP WITH TIME ZONE NOT NULL,
  recorded_to TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_agreement PRIMARY KEY (row_id),
  CONSTRAINT fk_agreement_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_agreement_current ON agreement (municipality_id, location_id, reference, valid_from) WHERE recorded_to IS NULL

CREATE TABLE asset (
  municipality_id TEXT COLLATE "C" NOT NULL,
  serial TEXT COLLATE "C" NOT NULL,
  model TEXT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  purchase_price_eur NUMERIC,
  purchase_price_vat_eur NUMERIC,
  lease_end DATE,
  CONSTRAINT pk_asset PRIMARY KEY (municipality_id, serial),
  CONSTRAINT fk_asset_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE audit_checkpoint (
  row_id BIGINT GENERATED ALWAYS AS IDENTITY,
  municipality_id TEXT COLLATE "C" NOT NULL,
  size BIGINT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  document BYTEA NOT NULL,
  CONSTRAINT pk_audit_checkpoint PRIMARY KEY (row_id),
  CONSTRAINT fk_audit_checkpoint_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE audit_entry (
  municipality_id TEXT COLLATE "C" NOT NULL,
  position BIGINT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  fields TEXT NOT NULL,
  body BYTEA NOT NULL,
  leaf BYTEA NOT NULL,
  CONSTRAINT pk_audit_entry PRIMARY KEY (municipality_id, position),
  CONSTRAINT fk_audit_entry_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE INDEX ix_audit_entry_subject ON audit_entry (municipality_id, subject, position)

CREATE TABLE body (
  row_id BIGINT GENERATED ALWAYS AS IDENTITY,
  municipality_id TEXT COLLATE "C" NOT NULL,
  body_id TEXT COLLATE "C" NOT NULL,
  type TEXT COLLATE "C" NOT NULL,
  name_fi TEXT NOT NULL,
  name_sv TEXT NOT NULL,
  recorded_from TIMESTAMP WITH TIME ZONE NOT NULL,
  recorded_to TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_body PRIMARY KEY (row_id),
  CONSTRAINT fk_body_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_body_current ON body (municipality_id, body_id) WHERE recorded_to IS NULL

CREATE TABLE claim (
  municipality_id TEXT COLLATE "C" NOT NULL,
  work TEXT COLLATE "C" NOT NULL,
  slot TEXT COLLATE "C" NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_claim PRIMARY KEY (municipality_id, work, slot),
  CONSTRAINT fk_claim_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE commitment (
  row_id BIGINT GENERATED ALWAYS AS IDENTITY,
  municipality_id TEXT COLLATE "C" NOT NULL,
  serial TEXT COLLATE "C" NOT NULL,
  signer TEXT COLLATE "C" NOT NULL,
  version TEXT COLLATE "C" NOT NULL,
  language TEXT COLLATE "C" NOT NULL,
  text TEXT NOT NULL,
  signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_commitment PRIMARY KEY (row_id),
  CONSTRAINT fk_commitment_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE INDEX ix_commitment_serial ON commitment (municipality_id, serial)

CREATE TABLE custody (
  row_id BIGINT GENERATED ALWAYS AS IDENTITY,
  municipality_id TEXT COLLATE "C" NOT NULL,
  serial TEXT COLLATE "C" NOT NULL,
  holder_type TEXT COLLATE "C" NOT NULL,
  holder TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
  valid_to TIMESTAMP WITH TIME ZONE,
  reason TEXT COLLATE "C",
  register_row BIGINT,
  recorded_from TIMESTAMP WITH TIME ZONE NOT NULL,
  recorded_to TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_custody PRIMARY KEY (row_id),
  CONSTRAINT fk_custody_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_custody_current ON custody (municipality_id, serial, holder_type, holder, kind, valid_from) WHERE recorded_to IS NULL

CREATE TABLE device (
  municipality_id TEXT COLLATE "C" NOT NULL,
  device_id TEXT COLLATE "C" NOT NULL,
  serial TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  public_key TEXT NOT NULL,
  key_protection TEXT COLLATE "C" NOT NULL,
  platform TEXT COLLATE "C" NOT NULL,
  model TEXT NOT NULL,
  enrolled_at TIMESTAMP WITH TIME ZONE NOT NULL,
  revoked_at TIMESTAMP WITH TIME ZONE,
  needs_person BOOLEAN NOT NULL,
  seq BIGINT NOT NULL,
  news BIGINT NOT NULL,
  news_mark BIGINT NOT NULL,
  document_digests TEXT NOT NULL,
  CONSTRAINT pk_device PRIMARY KEY (municipality_id, device_id),
  CONSTRAINT uq_device_municipality_id_serial UNIQUE (municipality_id, serial),
  CONSTRAINT fk_device_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE INDEX ix_device_news_mark ON device (municipality_id, news_mark)

CREATE TABLE enrol_token (
  municipality_id TEXT COLLATE "C" NOT NULL,
  token_hash TEXT COLLATE "C" NOT NULL,
  serial TEXT COLLATE "C",
  expires TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_enrol_token PRIMARY KEY (municipality_id, token_hash),
  CONSTRAINT fk_enrol_token_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE hold (
  row_id BIGINT GENERATED ALWAYS AS IDENTITY,
  municipality_id TEXT COLLATE "C" NOT NULL,
  subject_type TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
  valid_to TIMESTAMP WITH TIME ZONE,
  reference TEXT NOT NULL,
  register_row BIGINT,
  recorded_from TIMESTAMP WITH TIME ZONE NOT NULL,
  recorded_to TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_hold PRIMARY KEY (row_id),
  CONSTRAINT fk_hold_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_hold_current ON hold (municipality_id, subject_type, subject, kind, valid_from) WHERE recorded_to IS NULL

CREATE TABLE keys_document (
  municipality_id TEXT COLLATE "C" NOT NULL,
  number BIGINT NOT NULL,
  document BYTEA NOT NULL,
  signed BYTEA NOT NULL,
  CONSTRAINT pk_keys_document PRIMARY KEY (municipality_id, number),
  CONSTRAINT fk_keys_document_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE lifecycle_case (
  municipality_id TEXT COLLATE "C" NOT NULL,
  case_id TEXT COLLATE "C" NOT NULL,
  serial TEXT COLLATE "C" NOT NULL,
  holder TEXT COLLATE "C" NOT NULL,
  lock_id TEXT COLLATE "C" NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE,
  rule TEXT COLLATE "C" NOT NULL,
  decision TEXT NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_lifecycle_case PRIMARY KEY (municipality_id, case_id),
  CONSTRAINT fk_lifecycle_case_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE INDEX ix_lifecycle_case_serial ON lifecycle_case (municipality_id, serial)

CREATE TABLE mandate (
  row_id BIGINT GENERATED ALWAYS AS IDENTITY,
  municipality_id TEXT COLLATE "C" NOT NULL,
  person_id TEXT COLLATE "C" NOT NULL,
  body_id TEXT COLLATE "C" NOT NULL,
  body_type TEXT COLLATE "C" NOT NULL,
  seat TEXT COLLATE "C" NOT NULL,
  valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
  valid_to TIMESTAMP WITH TIME ZONE,
  basis TEXT COLLATE "C",
  status TEXT COLLATE "C" NOT NULL,
  decision_ref TEXT NOT NULL,
  end_decision_ref TEXT NOT NULL,
  deputy_for TEXT COLLATE "C",
  deputy_rank BIGINT,
  laptop_choice TEXT COLLATE "C" NOT NULL,
  is_employee BOOLEAN NOT NULL,
  quarantined BOOLEAN NOT NULL,
  register_row BIGINT,
  recorded_from TIMESTAMP WITH TIME ZONE NOT NULL,
  recorded_to TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_mandate PRIMARY KEY (row_id),
  CONSTRAINT fk_mandate_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_mandate_current ON mandate (municipality_id, person_id, body_id, seat, valid_from) WHERE recorded_to IS NULL

CREATE TABLE manifest (
  municipality_id TEXT COLLATE "C" NOT NULL,
  manifest_id TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  campaign BOOLEAN NOT NULL,
  prepared_at TIMESTAMP WITH TIME ZONE NOT NULL,
  approvals TEXT NOT NULL,
  document BYTEA NOT NULL,
  CONSTRAINT pk_manifest PRIMARY KEY (municipality_id, manifest_id),
  CONSTRAINT fk_manifest_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE municipality_head (
  municipality_id TEXT COLLATE "C" NOT NULL,
  audit_size BIGINT NOT NULL,
  news_mark BIGINT NOT NULL,
  keys_number BIGINT NOT NULL,
  register_mark BIGINT NOT NULL,
  CONSTRAINT pk_municipality_head PRIMARY KEY (municipality_id),
  CONSTRAINT fk_municipality_head_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE person (
  row_id BIGINT GENERATED ALWAYS AS IDENTITY,
  municipality_id TEXT COLLATE "C" NOT NULL,
  person_id TEXT COLLATE "C" NOT NULL,
  given_name TEXT NOT NULL,
  family_name TEXT NOT NULL,
  email_city TEXT NOT NULL,
  email_private TEXT NOT NULL,
  phone TEXT NOT NULL,
  language TEXT NOT NULL,
  recorded_from TIMESTAMP WITH TIME ZONE NOT NULL,
  recorded_to TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_person PRIMARY KEY (row_id),
  CONSTRAINT fk_person_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_person_current ON person (municipality_id, person_id) WHERE recorded_to IS NULL

CREATE TABLE register_import (
  row_id BIGINT GENERATED ALWAYS AS IDENTITY,
  municipality_id TEXT COLLATE "C" NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  file_digest TEXT COLLATE "C" NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL,
  summary TEXT NOT NULL,
  CONSTRAINT pk_register_import PRIMARY KEY (row_id),
  CONSTRAINT fk_register_import_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE register_remark (
  municipality_id TEXT COLLATE "C" NOT NULL,
  position BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  register_row BIGINT,
  register_column TEXT COLLATE "C",
  sentence TEXT NOT NULL,
  params TEXT NOT NULL,
  CONSTRAINT pk_register_remark PRIMARY KEY (municipality_id, position),
  CONSTRAINT fk_register_remark_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE release (
  municipality_id TEXT COLLATE "C" NOT NULL,
  release_id TEXT COLLATE "C" NOT NULL,
  manifest_id TEXT COLLATE "C" NOT NULL,
  device_id TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL,
  lock_id TEXT COLLATE "C" NOT NULL,
  stored_at TIMESTAMP WITH TIME ZONE NOT NULL,
  document BYTEA NOT NULL,
  CONSTRAINT pk_release PRIMARY KEY (municipality_id, release_id),
  CONSTRAINT uq_release_municipality_id_device_id_epoch_lock_id UNIQUE (municipality_id, device_id, epoch, lock_id),
  CONSTRAINT fk_release_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE session (
  municipality_id TEXT COLLATE "C" NOT NULL,
  token_hash TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  expires TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_session PRIMARY KEY (municipality_id, token_hash),
  CONSTRAINT fk_session_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE sign_in_link (
  municipality_id TEXT COLLATE "C" NOT NULL,
  token_hash TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  expires TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_sign_in_link PRIMARY KEY (municipality_id, token_hash),
  CONSTRAINT fk_sign_in_link_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE user_account (
  municipality_id TEXT COLLATE "C" NOT NULL,
  user_id TEXT COLLATE "C" NOT NULL,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  CONSTRAINT pk_user_account PRIMARY KEY (municipality_id, user_id),
  CONSTRAINT fk_user_account_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE device_document (
  municipality_id TEXT COLLATE "C" NOT NULL,
  device_id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  digest TEXT COLLATE "C" NOT NULL,
  document BYTEA NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_device_document PRIMARY KEY (municipality_id, device_id, name),
  CONSTRAINT fk_device_document_device FOREIGN KEY(municipality_id, device_id) REFERENCES device (municipality_id, device_id),
  CONSTRAINT fk_device_document_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE device_key (
  municipality_id TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  device_id TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL,
  CONSTRAINT pk_device_key PRIMARY KEY (municipality_id, key),
  CONSTRAINT fk_device_key_device FOREIGN KEY(municipality_id, device_id) REFERENCES device (municipality_id, device_id),
  CONSTRAINT fk_device_key_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE directive (
  municipality_id TEXT COLLATE "C" NOT NULL,
  device_id TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  lock_id TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  lock_at TIMESTAMP WITH TIME ZONE,
  holder TEXT COLLATE "C",
  case_id TEXT COLLATE "C",
  digest TEXT COLLATE "C" NOT NULL,
  plan_digest TEXT COLLATE "C" NOT NULL,
  issued TIMESTAMP WITH TIME ZONE NOT NULL,
  document BYTEA NOT NULL,
  CONSTRAINT pk_directive PRIMARY KEY (municipality_id, device_id, epoch, seq),
  CONSTRAINT fk_directive_device FOREIGN KEY(municipality_id, device_id) REFERENCES device (municipality_id, device_id),
  CONSTRAINT fk_directive_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE manifest_entry (
  municipality_id TEXT COLLATE "C" NOT NULL,
  manifest_id TEXT COLLATE "C" NOT NULL,
  position BIGINT NOT NULL,
  serial TEXT COLLATE "C" NOT NULL,
  device_id TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL,
  lock_id TEXT COLLATE "C" NOT NULL,
  case_id TEXT COLLATE "C" NOT NULL,
  not_before TIMESTAMP WITH TIME ZONE NOT NULL,
  reason TEXT NOT NULL,
  CONSTRAINT pk_manifest_entry PRIMARY KEY (municipality_id, manifest_id, position),
  CONSTRAINT fk_manifest_entry_manifest FOREIGN KEY(municipality_id, manifest_id) REFERENCES manifest (municipality_id, manifest_id),
  CONSTRAINT fk_manifest_entry_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE receipt (
  municipality_id TEXT COLLATE "C" NOT NULL,
  device_id TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL,
  number BIGINT NOT NULL,
  act TEXT COLLATE "C" NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL,
  lock_id TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  by_lease BOOLEAN NOT NULL,
  proven BOOLEAN NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  received_at TIMESTAMP WITH TIME ZONE NOT NULL,
  error TEXT NOT NULL,
  document BYTEA NOT NULL,
  CONSTRAINT pk_receipt PRIMARY KEY (municipality_id, device_id, epoch, number),
  CONSTRAINT fk_receipt_device FOREIGN KEY(municipality_id, device_id) REFERENCES device (municipality_id, device_id),
  CONSTRAINT fk_receipt_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE TABLE refusal (
  row_id BIGINT GENERATED ALWAYS AS IDENTITY,
  municipality_id TEXT COLLATE "C" NOT NULL,
  device_id TEXT COLLATE "C" NOT NULL,
  refusal TEXT COLLATE "C" NOT NULL,
  detail TEXT NOT NULL,
  detail_digest TEXT COLLATE "C" NOT NULL,
  alarm BOOLEAN NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  received_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_refusal PRIMARY KEY (row_id),
  CONSTRAINT fk_refusal_device FOREIGN KEY(municipality_id, device_id) REFERENCES device (municipality_id, device_id),
  CONSTRAINT uq_refusal_municipality_id_device_id_at_refusal_detail_digest UNIQUE (municipality_id, device_id, at, refusal, detail_digest),
  CONSTRAINT fk_refusal_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE FUNCTION audit_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$

CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_only_grows()
