CREATE TABLE stay (
  row_id BIGINT GENERATED ALWAYS AS IDENTITY,
  municipality_id TEXT COLLATE "C" NOT NULL,
  subject_type TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
  valid_to TIMESTAMP WITH TIME ZONE,
  reference TEXT NOT NULL,
  recorded_from TIMESTAMP WITH TIME ZONE NOT NULL,
  recorded_to TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_stay PRIMARY KEY (row_id),
  CONSTRAINT fk_stay_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE UNIQUE INDEX uq_stay_current ON stay (municipality_id, subject_type, subject, kind, valid_from) WHERE recorded_to IS NULL

CREATE TABLE record (
  municipality_id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  record_id TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  is_open BOOLEAN NOT NULL,
  document BYTEA NOT NULL,
  CONSTRAINT pk_record PRIMARY KEY (municipality_id, kind, record_id),
  CONSTRAINT fk_record_municipality FOREIGN KEY(municipality_id) REFERENCES municipality (municipality_id)
)

CREATE INDEX ix_record_open ON record (municipality_id, kind, is_open)

CREATE INDEX ix_record_subject ON record (municipality_id, kind, subject)
