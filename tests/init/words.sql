CREATE TABLE app.words (
    id bigint DEFAULT nextval('app.numbers'),
    code varchar(8) DEFAULT 'x' CHECK (code IN ('x', 'y') AND code NOT LIKE 'z%'),
    kind text CHECK (kind NOT IN ('a', 'b') AND kind = ANY(ARRAY['c'])),
    ratio numeric(4,2) DEFAULT -0.5,
    other text DEFAULT ''::varchar,
    "none" varchar(9) DEFAULT NULL,
    list text[] DEFAULT '{}',
    day date CHECK (day > '2000-01-01' AND day < now() - '1 day'::interval),
    CHECK (ratio > -1 AND ratio * id > '-3'::bigint),
    CONSTRAINT words_check1 CHECK (COALESCE(code, 'none') <> concat(kind, 'k'::varchar)),
    CONSTRAINT words_code_check1 CHECK (code = ANY(ARRAY['v'::varchar::text, 'w'::varchar::text]))
);

CREATE INDEX words_lower_idx ON app.words (lower(code), (kind || '!')) WHERE code IN ('x', 'y');
GRANT SELECT ON app.words TO PUBLIC;
