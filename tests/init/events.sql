CREATE TABLE app.events (
    at timestamp NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (at, kind)
) PARTITION BY RANGE (at);

CREATE TABLE app.events_2026 PARTITION OF app.events FOR VALUES FROM ('2026-01-01 00:00:00') TO ('2027-01-01 00:00:00');

CREATE TABLE app.events_rest PARTITION OF app.events (
    kind DEFAULT 'odd'::text
) DEFAULT;

CREATE INDEX events_kind_idx ON app.events (kind);
GRANT SELECT ON app.events TO PUBLIC;
GRANT SELECT ON app.events_2026 TO PUBLIC;
GRANT SELECT ON app.events_rest TO PUBLIC;
GRANT SELECT (kind) ON app.events TO PUBLIC;
