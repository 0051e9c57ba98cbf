CREATE TABLE stay (
  row_id INTEGER NOT NULL,
  municipality_id TEXT NOT NULL,
  subject_type TEXT NOT NULL,
  subject TEXT NOT NULL,
  kind TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  reference TEXT NOT NULL,
  recorded_from TEXT NOT NULL,
  recorded_to TEXT,
  CONSTRAINT pk_stay PRIMARY KEY (row_id),
  CONSTRAINT fk_stay_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_stay_current ON stay (municipality_id, subject_type, subject, kind, valid_from) WHERE recorded_to IS NULL

CREATE TABLE record (
  municipality_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  record_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  at TEXT NOT NULL,
  is_open BOOLEAN NOT NULL,
  document BLOB NOT NULL,
  CONSTRAINT pk_record PRIMARY KEY (municipality_id, kind, record_id),
  CONSTRAINT fk_record_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE INDEX ix_record_open ON record (municipality_id, kind, is_open)

CREATE INDEX ix_record_subject ON record (municipality_id, kind, subject)
